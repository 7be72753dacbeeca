package culvert.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.net.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An installed third-party proxy as a separate process on a free loopback port. Tests that use it
 * are skipped if the program is not installed.
 */
public final class ProxyProgram implements AutoCloseable {

  private static final Path TINYPROXY = Path.of("/usr/bin/tinyproxy");
  private static final Path MICROSOCKS = Path.of("/usr/bin/microsocks");
  private static final int TRIES = 3;

  /** Builds the command line that starts a program on a port. */
  private interface CommandLine {
    List<String> of(int port, Path folder) throws IOException;
  }

  private final Path folder;
  private HostPort address;
  private Process process;

  private ProxyProgram(Path program, CommandLine commandLine) throws Exception {
    assumeTrue(Files.isExecutable(program), program + " is not installed");
    folder = Files.createTempDirectory("culvert-proxy");
    try {
      for (int i = 0; i < TRIES && process == null; i++) {
        start(commandLine);
      }
      if (process == null) {
        throw new IOException(program + " does not serve: " + Files.readString(log()));
      }
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  /**
   * Starts an HTTP proxy.
   *
   * @param lines configuration in addition to the address: {@code "BasicAuth user password"},
   *     {@code "ConnectPort 443"}
   */
  public static ProxyProgram tinyproxy(String... lines) throws Exception {
    return new ProxyProgram(
        TINYPROXY,
        (port, folder) -> {
          var all = new ArrayList<>(List.of("Listen 127.0.0.1", "Port " + port, "Timeout 60"));
          all.addAll(List.of(lines));
          Path file = Files.write(folder.resolve("tinyproxy.conf"), all);
          return List.of(TINYPROXY.toString(), "-d", "-c", file.toString());
        });
  }

  /**
   * Starts a SOCKS5 proxy.
   *
   * @param options options in addition to the address: {@code "-u", "user", "-P", "password"}
   */
  public static ProxyProgram microsocks(String... options) throws Exception {
    return new ProxyProgram(
        MICROSOCKS,
        (port, folder) -> {
          var all =
              new ArrayList<>(List.of(MICROSOCKS.toString(), "-i", "127.0.0.1", "-p", "" + port));
          all.addAll(List.of(options));
          return all;
        });
  }

  private void start(CommandLine commandLine) throws Exception {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    address = new HostPort("127.0.0.1", port);
    process =
        new ProcessBuilder(commandLine.of(port, folder))
            .redirectErrorStream(true)
            .redirectOutput(log().toFile())
            .start();
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          if (process.isAlive()) {
            new Socket(address.host(), address.port()).close();
          }
        });
    // Another process may have taken the port meanwhile: try once more.
    if (!process.isAlive()) {
      process = null;
    }
  }

  private Path log() {
    return folder.resolve("log");
  }

  /** Returns the address at which the proxy listens. */
  public HostPort address() {
    return address;
  }

  @Override
  public void close() throws IOException {
    if (process != null) {
      process.destroyForcibly().onExit().join();
    }
    for (String file : List.of("log", "tinyproxy.conf")) {
      Files.deleteIfExists(folder.resolve(file));
    }
    Files.delete(folder);
  }
}
