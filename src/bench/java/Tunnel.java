import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A tunnel from visitors to the origin server. */
sealed interface Tunnel {

  List<String> NAMES =
      List.of(
          Direct.NAME,
          Culvert.NAME,
          Culvert.NOISE,
          Culvert.TLS,
          Bore.NAME,
          Bore.OURS,
          "rathole",
          Rathole.NOISE,
          Rathole.TLS);

  String name();

  /** Starts both processes on this machine with the given distance between them. */
  Running start(InetSocketAddress origin, Distance distance) throws IOException;

  /** Starts the tunnel in {@code running}, and closes {@code running} if that fails. */
  private static Running start(Running running, Start start) throws IOException {
    try {
      return running.awaitReady(start.into(running));
    } catch (IOException | RuntimeException e) {
      running.close();
      throw e;
    }
  }

  /** Starts the processes; returns the public address. */
  interface Start {
    InetSocketAddress into(Running running) throws IOException;
  }

  /** Returns direct loopback, Culvert's image, and the peers that are installed. */
  static List<Tunnel> find(BenchOptions options) throws IOException {
    List<Tunnel> found = new ArrayList<>();
    found.add(new Direct());
    Path image = options.image().resolve("bin");
    if (Files.isExecutable(image.resolve("remote-proxy"))) {
      found.add(new Culvert(image, Culvert.NAME));
      found.add(new Culvert(image, Culvert.NOISE));
    }
    Optional<Path> openssl = program("openssl", options);
    if (!found.isEmpty() && found.getLast() instanceof Culvert && openssl.isPresent()) {
      found.add(new Culvert(image, Culvert.TLS));
    }
    program("bore", options)
        .map(program -> new Bore(List.of(program.toString()), Bore.NAME))
        .ifPresent(found::add);
    if (Files.isExecutable(image.resolve("culvert"))) {
      found.add(new Bore(List.of(image.resolve("culvert").toString(), "bore"), Bore.OURS));
    }
    Optional<Path> rathole = program("rathole", options);
    if (rathole.isPresent()) {
      found.add(new Rathole(rathole.get(), "rathole"));
      found.add(new Rathole(rathole.get(), Rathole.NOISE));
      if (openssl.isPresent()) {
        found.add(new Rathole(rathole.get(), Rathole.TLS));
      }
    }
    return found;
  }

  private static Optional<Path> program(String name, BenchOptions options) {
    Stream<Path> path =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)).map(Path::of);
    return Stream.concat(options.peers().stream(), path)
        .map(folder -> folder.resolve(name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static InetSocketAddress local(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  private static InetSocketAddress free() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return local(socket.getLocalPort());
    }
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  /** No tunnel: the maximum that the machine and this benchmark reach. */
  record Direct() implements Tunnel {

    static final String NAME = "direct";

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public Running start(InetSocketAddress origin, Distance distance) throws IOException {
      return Tunnel.start(new Running(distance), running -> running.far(origin, local(0)));
    }
  }

  /** Culvert from its runtime image: plain, Noise with a secret, or TLS. */
  record Culvert(Path bin, String name) implements Tunnel {

    static final String NAME = "culvert";
    static final String NOISE = "culvert-noise";
    static final String TLS = "culvert-tls";

    /** A public secret, for benchmarks only. */
    private static final String SECRET = "culvert-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9jDc0p";

    @Override
    public Running start(InetSocketAddress origin, Distance distance) throws IOException {
      return Tunnel.start(new Running(distance), running -> start(running, origin));
    }

    private InetSocketAddress start(Running running, InetSocketAddress origin) throws IOException {
      String any = text(local(0));
      List<String> ofRemote = List.of();
      List<String> ofOrigin = List.of();
      if (name.equals(NOISE)) {
        ofRemote = List.of("--secret", SECRET);
        ofOrigin = ofRemote;
      } else if (name.equals(TLS)) {
        var own = Certificate.make(running);
        ofRemote = List.of("--transport=tls", "--tls-cert=" + own.pem(), "--tls-key=" + own.key());
        ofOrigin = List.of("--transport=tls", "--tls-ca=" + own.pem());
      }
      Half remote =
          running.run(role(ofRemote, "remote-proxy", "--control-addr", any, "--outside-addr", any));
      String line = remote.firstLine();
      running.listening();
      InetSocketAddress control = running.far(printed(line, "control "), local(0));
      String to = text(control);
      running
          .run(
              role(
                  ofOrigin,
                  "origin-proxy",
                  "--remote-proxy-addr",
                  to,
                  "--origin-server-addr",
                  text(origin)))
          .firstLine();
      return printed(line, "=");
    }

    private List<String> role(List<String> transport, String role, String... options) {
      var command = new ArrayList<>(List.of(bin.resolve(role).toString(), "--log-level", "warn"));
      command.addAll(List.of(options));
      command.addAll(transport);
      return command;
    }

    /**
     * Returns the port after {@code before} in {@code remote-proxy: control H:P, outside NAME=H:P}.
     */
    private static InetSocketAddress printed(String line, String before) throws IOException {
      String[] parts = line.substring(line.indexOf(before) + before.length()).split("[:,]");
      try {
        return local(Integer.parseInt(parts[1].strip()));
      } catch (IndexOutOfBoundsException | NumberFormatException e) {
        throw new IOException("remote-proxy printed no port: " + line, e);
      }
    }
  }

  /**
   * bore, or Culvert in its place. The control port is fixed, so each run has its own loopback
   * address.
   */
  record Bore(List<String> program, String name) implements Tunnel {

    static final String NAME = "bore";
    static final String OURS = "culvert-bore";

    private static final int CONTROL_PORT = 7835;
    private static final String SERVER = "127.78.35.1";
    private static final String RELAY = "127.78.35.2";

    @Override
    public Running start(InetSocketAddress origin, Distance distance) throws IOException {
      return Tunnel.start(new Running(distance), running -> start(running, origin));
    }

    private InetSocketAddress start(Running running, InetSocketAddress origin) throws IOException {
      int port = free().getPort();
      var control = new InetSocketAddress(SERVER, CONTROL_PORT);
      running.run(command("server", "--bind-addr", SERVER));
      running.awaitListening(control);
      String to =
          running
              .far(control, new InetSocketAddress(RELAY, CONTROL_PORT))
              .getAddress()
              .getHostAddress();
      String local = Integer.toString(origin.getPort());
      String host = origin.getAddress().getHostAddress();
      String outside = Integer.toString(port);
      running.run(command("local", local, "--local-host", host, "--to", to, "--port", outside));
      return new InetSocketAddress(SERVER, port);
    }

    private List<String> command(String... arguments) {
      return Stream.concat(program.stream(), Stream.of(arguments)).toList();
    }
  }

  /** rathole over plain TCP, its default, or over its Noise or TLS transport. */
  record Rathole(Path program, String name) implements Tunnel {

    static final String NOISE = "rathole-noise";
    static final String TLS = "rathole-tls";

    @Override
    public Running start(InetSocketAddress origin, Distance distance) throws IOException {
      return Tunnel.start(new Running(distance), running -> start(running, origin));
    }

    private InetSocketAddress start(Running running, InetSocketAddress origin) throws IOException {
      InetSocketAddress control = free();
      InetSocketAddress outside = free();
      String ofServer = "";
      String ofClient = "";
      if (name.equals(NOISE)) {
        String[] keys = Certificate.output(program.toString(), "--genkey").split("\\s+");
        ofServer = transport("server", "noise", "local_private_key", keys[2]);
        ofClient = transport("client", "noise", "remote_public_key", keys[5]);
      } else if (name.equals(TLS)) {
        var own = Certificate.make(running);
        ofServer =
            transport("server", "tls", "pkcs12", own.archive().toString())
                + "pkcs12_password = \"bench\"\n";
        ofClient =
            transport("client", "tls", "trusted_root", own.pem().toString())
                + "hostname = \"localhost\"\n";
      }
      run(
          running,
          "--server",
          """
          [server]
          bind_addr = "%s"
          default_token = "bench"
          [server.services.bench]
          bind_addr = "%s"
          %s
          """
              .formatted(text(control), text(outside), ofServer));
      running.awaitListening(control);
      run(
          running,
          "--client",
          """
          [client]
          remote_addr = "%s"
          default_token = "bench"
          [client.services.bench]
          local_addr = "%s"
          %s
          """
              .formatted(text(running.far(control, local(0))), text(origin), ofClient));
      return outside;
    }

    private static String transport(String side, String type, String key, String value) {
      return """
      [%s.transport]
      type = "%s"
      [%s.transport.%s]
      %s = "%s"
      """
          .formatted(side, type, side, type, key, value);
    }

    private void run(Running running, String half, String config) throws IOException {
      running.run(List.of(program.toString(), half, running.file(config).toString()));
    }
  }
}
