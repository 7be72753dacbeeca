package culvert.cli.process;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/**
 * Turns TERM and INT into a {@link Stop}; a second one ends the process at once, as by default. HUP
 * stops the process or runs an action ({@link HangUp}). A signal that is ignored when the process
 * starts, as HUP under {@code nohup}, stays ignored: the JVM does not replace that. The JDK has no
 * public API for signals, and a direct use of {@code sun.misc.Signal} does not compile without a
 * warning, so this class uses reflection.
 */
public final class Signals {

  private static final int SIGNALLED = 128;

  private Signals() {}

  /** Requests the stop on TERM or INT; a second signal halts the JVM with 128 and its number. */
  public static void stopOnTermAndInt(Stop stop) {
    IntConsumer handler =
        number -> {
          if (!stop.request()) {
            Runtime.getRuntime().halt(SIGNALLED + number);
          }
        };
    handle("TERM", handler);
    handle("INT", handler);
  }

  /**
   * Handles HUP from now on, in threads of the JVM.
   *
   * @return the reaction, which has no action yet
   */
  public static HangUp handleHangUp(Stop stop) {
    var controlling = new ControllingTerminal();
    var hangUp = new HangUp(stop, controlling::hasJustClosed);
    handle("HUP", number -> hangUp.signalled());
    controlling.watch(hangUp::terminalLost);
    return hangUp;
  }

  private static void handle(String name, IntConsumer action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      var number = signal.getMethod("getNumber");
      InvocationHandler onSignal =
          (proxy, method, arguments) -> {
            if (method.getName().equals("handle")) {
              action.accept((int) number.invoke(arguments[0]));
            }
            return null;
          };
      Object ours =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(), new Class<?>[] {handler}, onSignal);
      Object instance = signal.getConstructor(String.class).newInstance(name);
      signal.getMethod("handle", signal, handler).invoke(null, instance, ours);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this JVM has no signals", e);
    }
  }
}
