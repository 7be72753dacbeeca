package culvert.origin;

import culvert.config.OriginSettings;
import culvert.config.RemoteRoute;
import culvert.net.Dialer;
import culvert.session.OriginDialect;
import culvert.setting.SettingWarnings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The remote proxies that the settings name, and the members that keep their sessions. A reload
 * adds and removes some of them; the others keep their sessions. Reloads come one after the other;
 * {@link #start} may be called at the same time.
 */
final class RemoteEntries {

  /** Makes of the settings what attempts use. */
  @FunctionalInterface
  interface Maker {
    /**
     * Returns what attempts at one remote proxy use.
     *
     * @param kept its dialect with these settings, if it had one before
     * @throws IllegalArgumentException if a file that the settings name cannot be used
     */
    RemoteEntry.Use use(
        RemoteRoute remote,
        OriginSettings settings,
        Optional<OriginDialect> kept,
        SettingWarnings warnings);
  }

  private final Maker maker;
  private final Dialer dialer;
  private final RemoteMembers members;
  private final OnceWarnings warnings;

  /** Guards the fields below. The lock of {@link RemoteMembers} is taken inside it. */
  private final ReentrantLock lock = new ReentrantLock();

  private List<RemoteEntry> entries = List.of();

  /** The members of the entries; empty until the role runs. */
  private final Map<RemoteEntry, RemoteMembers.Member> running = new LinkedHashMap<>();

  /** Present once the role runs. */
  private Optional<RoleParts> role = Optional.empty();

  /**
   * Creates the entries of the settings; see {@link Maker#use} for errors.
   *
   * @param log receives the warnings about files, once for all remote proxies
   */
  RemoteEntries(
      OriginSettings settings,
      Maker maker,
      Dialer dialer,
      RemoteMembers members,
      SettingWarnings log) {
    this.maker = maker;
    this.dialer = dialer;
    this.members = members;
    this.warnings = new OnceWarnings(log);
    this.entries = settings.remotes().stream().map(remote -> entry(remote, settings)).toList();
  }

  private RemoteEntry entry(RemoteRoute remote, OriginSettings settings) {
    var use = maker.use(remote, settings, Optional.empty(), warnings);
    return new RemoteEntry(remote.address(), use, dialer);
  }

  /** Starts a member for each entry, and from now on for each that a reload adds. */
  void start(RoleParts parts) {
    lock.lock();
    try {
      role = Optional.of(parts);
      members.start(membersOf(entries, parts));
    } finally {
      lock.unlock();
    }
  }

  private List<RemoteMembers.Member> membersOf(List<RemoteEntry> added, RoleParts parts) {
    added.forEach(entry -> running.put(entry, entry.member(parts, members)));
    return added.stream().map(running::get).toList();
  }

  /**
   * Prepares the use of other settings.
   *
   * @return the change, which has no effect yet
   * @throws IllegalArgumentException if a file cannot be used; nothing has changed then
   */
  Change prepareReload(OriginSettings changed) {
    warnings.forget();
    return prepare(changed, current());
  }

  /** Settings that were prepared. */
  @FunctionalInterface
  interface Change {
    /** Applies them. */
    RemoteMembers.Affected apply();
  }

  private Change prepare(OriginSettings changed, List<RemoteEntry> before) {
    var prepared = new ArrayList<Runnable>();
    var after = new ArrayList<RemoteEntry>();
    // Entries have a dialect of their own or share one.
    Map<OriginDialect, OriginDialect> dialects = new HashMap<>();
    for (RemoteRoute remote : changed.remotes()) {
      Optional<RemoteEntry> kept =
          before.stream().filter(entry -> entry.isAt(remote.address())).findFirst();
      after.add(kept.orElseGet(() -> entry(remote, changed)));
      kept.ifPresent(entry -> {
        var dialect = dialects.computeIfAbsent(entry.dialect(), one -> one.with(changed));
        var use = maker.use(remote, changed, Optional.of(dialect), warnings);
        prepared.add(() -> entry.replace(use));
      });
    }
    return () -> {
      prepared.forEach(Runnable::run);
      return replace(after);
    };
  }

  private List<RemoteEntry> current() {
    lock.lock();
    try {
      return entries;
    } finally {
      lock.unlock();
    }
  }

  private RemoteMembers.Affected replace(List<RemoteEntry> after) {
    lock.lock();
    try {
      List<RemoteEntry> added = without(after, entries);
      List<RemoteEntry> removed = without(entries, after);
      entries = List.copyOf(after);
      return members.change(
          removed.stream().map(running::remove).filter(Objects::nonNull).toList(),
          role.map(parts -> membersOf(added, parts)).orElse(List.of()));
    } finally {
      lock.unlock();
    }
  }

  private static List<RemoteEntry> without(List<RemoteEntry> all, List<RemoteEntry> others) {
    return all.stream().filter(entry -> !others.contains(entry)).toList();
  }
}
