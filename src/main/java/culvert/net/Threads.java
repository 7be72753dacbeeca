package culvert.net;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;

/**
 * Creates every thread of the product, gives it a name and counts it until it ends. Metrics report
 * the count, and tests compare it to find threads left behind: the JDK lists virtual threads only
 * in a thread dump. A scheduler other than the JDK's, such as an event loop that carries virtual
 * threads, can be installed in this class only.
 */
public final class Threads {

  /** Threads that have not ended; an executor may not have started those of its factory yet. */
  private static final Set<Thread> CREATED = ConcurrentHashMap.newKeySet();

  private Threads() {}

  /** Starts a virtual thread with the given name and returns it. */
  public static Thread start(String name, Runnable task) {
    return start(create(Thread.ofVirtual().name(name), task));
  }

  /**
   * Starts a daemon platform thread with the given name and returns it; for a task that would pin
   * the carrier of a virtual thread for a long time, such as a call of the system's resolver.
   */
  public static Thread startPlatform(String name, Runnable task) {
    return start(create(Thread.ofPlatform().daemon().name(name), task));
  }

  /** Returns a factory, for an executor, of virtual threads that all have the given name. */
  public static ThreadFactory factory(String name) {
    return task -> create(Thread.ofVirtual().name(name), task);
  }

  /** Returns the names of the threads that are alive, sorted; a name may occur more than once. */
  public static List<String> live() {
    return CREATED.stream().filter(Thread::isAlive).map(Thread::getName).sorted().toList();
  }

  /** Returns the number of threads that are alive. */
  public static long count() {
    return CREATED.stream().filter(Thread::isAlive).count();
  }

  private static Thread create(Thread.Builder builder, Runnable task) {
    Thread thread = builder.unstarted(() -> run(task));
    CREATED.add(thread);
    return thread;
  }

  private static Thread start(Thread thread) {
    try {
      thread.start();
    } catch (RuntimeException | Error e) {
      CREATED.remove(thread);
      throw e;
    }
    return thread;
  }

  /** Passes an exception to the handler of uncaught exceptions; the thread continues. */
  static void report(Throwable bug) {
    Thread thread = Thread.currentThread();
    thread.getUncaughtExceptionHandler().uncaughtException(thread, bug);
  }

  /** A thread counts until its exception was handled, so that none is reported after its end. */
  private static void run(Runnable task) {
    Thread thread = Thread.currentThread();
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      report(e);
    } finally {
      CREATED.remove(thread);
    }
  }
}
