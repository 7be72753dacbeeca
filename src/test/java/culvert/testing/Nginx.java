package culvert.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.net.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * An nginx reverse proxy as a separate process, with its own folder, on a free loopback port. Tests
 * that use it are skipped if nginx is not installed.
 */
public final class Nginx implements AutoCloseable {

  private static final Path PROGRAM = Path.of("/usr/sbin/nginx");
  private static final int TRIES = 3;

  /**
   * The certificate with which nginx listens over TLS.
   *
   * @param certificate a PEM file, with the chain
   * @param key a PEM file
   * @param protocols for ssl_protocols
   */
  public record Identity(Path certificate, Path key, String protocols) {

    /** Offers TLS 1.3, which older versions of nginx do not by default. */
    public Identity(Path certificate, Path key) {
      this(certificate, key, "TLSv1.2 TLSv1.3");
    }
  }

  private final Path folder;
  private HostPort address;
  private Process process;

  private Nginx() throws IOException {
    folder = Files.createTempDirectory("culvert-nginx");
  }

  /** Serves these locations without TLS. */
  public static Nginx start(String... locations) throws Exception {
    return start(Optional.empty(), locations);
  }

  /** Serves these locations. */
  public static Nginx start(Optional<Identity> identity, String... locations) throws Exception {
    assumeTrue(Files.isExecutable(PROGRAM), PROGRAM + " is not installed");
    var nginx = new Nginx();
    try {
      for (int i = 0; i < TRIES && nginx.process == null; i++) {
        nginx.run(identity, List.of(locations));
      }
      if (nginx.process == null) {
        throw new IOException("nginx does not serve: " + nginx.log());
      }
      return nginx;
    } catch (Exception e) {
      nginx.close();
      throw e;
    }
  }

  /** Returns a location that forwards WebSockets, configured as nginx documents it. */
  public static String webSocket(String path, HostPort upstream) {
    return location(
        path,
        upstream,
        "proxy_http_version 1.1;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection \"upgrade\";",
        "proxy_read_timeout 1h;",
        "proxy_send_timeout 1h;");
  }

  /** Returns a location that forwards to another server, with more lines of configuration. */
  public static String location(String path, HostPort upstream, String... lines) {
    return "location "
        + path
        + " { proxy_pass http://"
        + upstream
        + "; "
        + String.join(" ", lines)
        + " }";
  }

  private void run(Optional<Identity> identity, List<String> locations) throws Exception {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    address = new HostPort("127.0.0.1", port);
    Files.writeString(folder.resolve("nginx.conf"), settings(identity, locations));
    launch();
    // Another process may have taken the port meanwhile: try once more.
    if (!process.isAlive()) {
      process = null;
    }
  }

  private void launch() throws Exception {
    process =
        new ProcessBuilder(
                PROGRAM.toString(), "-p", folder.toString(), "-c", "nginx.conf", "-e", "stderr")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          if (process.isAlive()) {
            new Socket(address.host(), address.port()).close();
          }
        });
  }

  /** Without a master process, so that there is only one process to end. */
  private String settings(Optional<Identity> identity, List<String> locations) {
    String tls =
        identity
            .map(it ->
                "ssl_certificate %s; ssl_certificate_key %s; ssl_protocols %s;"
                    .formatted(it.certificate(), it.key(), it.protocols()))
            .orElse("");
    return """
    daemon off;
    master_process off;
    pid nginx.pid;
    events { worker_connections 1024; }
    http {
      access_log off;
      client_body_temp_path body;
      proxy_temp_path proxy;
      fastcgi_temp_path fastcgi;
      uwsgi_temp_path uwsgi;
      scgi_temp_path scgi;
      server {
        listen %s%s;
        %s
        %s
      }
    }
    """
        .formatted(address, identity.isPresent() ? " ssl" : "", tls, String.join("\n", locations));
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }

  /** Returns the address at which nginx listens. */
  public HostPort address() {
    return address;
  }

  /** Restarts nginx on the same port after {@link #kill}. */
  public void restart() throws Exception {
    launch();
    if (!process.isAlive()) {
      throw new IOException("nginx does not serve again: " + log());
    }
  }

  /** Kills the process without closing its connections in order. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() throws IOException {
    if (process != null) {
      kill();
    }
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
