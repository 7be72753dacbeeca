package culvert.cli;

import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A role that runs in this process with a settings file, until it is closed. */
final class ReloadedRole implements AutoCloseable {

  private static final Duration LIMIT = RolePair.LIMIT;

  private final Stop stop = new Stop();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final CompletableFuture<Runnable> hangUp = new CompletableFuture<>();
  private final Thread thread;

  /** Starts a role; returns once it reacts to HUP. */
  ReloadedRole(String... arguments) throws Exception {
    this(Map.of(), arguments);
  }

  /** Starts a role with these variables; returns once it reacts to HUP. */
  ReloadedRole(Map<String, String> variables, String... arguments) throws Exception {
    var terminal =
        new Terminal(
            InputStream.nullInputStream(),
            printer(out),
            printer(log),
            variables,
            stop,
            hangUp::complete);
    thread = Thread.ofPlatform().start(() -> Main.run(terminal, arguments));
    try {
      hangUp.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(log(), e);
    }
  }

  private static PrintStream printer(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  /** Requests the role to stop; it drains first. */
  void requestStop() {
    stop.request();
  }

  /** Sends HUP; returns after the reload. */
  void hangUp() {
    hangUp.join().run();
  }

  /** Returns the lines that were logged until now. */
  String log() {
    return log.toString(StandardCharsets.UTF_8);
  }

  /** Returns how many lines contain all parts. */
  long lines(String... parts) {
    return log().lines().filter(line -> List.of(parts).stream().allMatch(line::contains)).count();
  }

  /** Waits for a line that contains all parts. */
  void awaitLog(String... parts) throws Exception {
    awaitLog(1, parts);
  }

  /** Waits for this number of lines that contain all parts. */
  void awaitLog(int count, String... parts) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          if (lines(parts) < count) {
            throw new AssertionError(List.of(parts) + " not in:\n" + log());
          }
        });
  }

  /** Returns the address after a word of the first line on standard output. */
  HostPort address(String word) throws Exception {
    Pattern pattern = Pattern.compile(Pattern.quote(word) + "(127\\.0\\.0\\.1:\\d+)");
    Eventually.within(LIMIT, () -> matcher(pattern));
    return HostPort.parse(matcher(pattern).group(1));
  }

  private Matcher matcher(Pattern pattern) {
    Matcher matcher = pattern.matcher(out.toString(StandardCharsets.UTF_8));
    if (!matcher.find()) {
      throw new AssertionError(pattern + " not in " + out.toString(StandardCharsets.UTF_8));
    }
    return matcher;
  }

  @Override
  public void close() {
    stop.request();
    try {
      if (!thread.join(LIMIT)) {
        throw new AssertionError("the role does not stop");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
