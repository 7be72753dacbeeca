package culvert.origin;

import culvert.setting.SettingMessage;
import culvert.setting.SettingNames;
import culvert.setting.SettingWarnings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Warnings about the files of the settings, which are the same for all remote proxies: a text that
 * was passed on is dropped for a while. Thread-safe.
 */
final class OnceWarnings implements SettingWarnings {

  private static final Duration PERIOD = Duration.ofMinutes(1);

  private final SettingWarnings target;
  private final ReentrantLock lock = new ReentrantLock();

  /** When a text was passed on; only those of the last period. Guarded by the lock. */
  private final Map<String, Long> recent = new HashMap<>();

  OnceWarnings(SettingWarnings target) {
    this.target = target;
  }

  @Override
  public void warn(SettingMessage message) {
    if (isNew(message.text(names()))) {
      target.warn(message);
    }
  }

  private boolean isNew(String text) {
    long now = System.nanoTime();
    lock.lock();
    try {
      recent.values().removeIf(passedOn -> now - passedOn >= PERIOD.toNanos());
      return recent.putIfAbsent(text, now) == null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public SettingNames names() {
    return target.names();
  }

  /** Passes every text on again, as for other settings. */
  void forget() {
    lock.lock();
    try {
      recent.clear();
    } finally {
      lock.unlock();
    }
  }
}
