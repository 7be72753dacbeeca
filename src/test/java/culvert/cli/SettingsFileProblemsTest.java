package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The messages of {@code culvert check} about invalid files. */
class SettingsFileProblemsTest {

  /** A remote proxy that is valid until more is added. */
  private static final String SERVER =
      """
      [server]
      bind_addr = "0.0.0.0:9000"
      services.web.bind_addr = "0.0.0.0:8000"
      """;

  private static final String CLIENT =
      """
      [client]
      remote_addr = "example.com:9000"
      services.web.local_addr = "localhost:80"
      """;

  /**
   * An invalid file.
   *
   * @param text its content
   * @param problems the messages, without the name of the file
   */
  record Case(String text, String... problems) {
    @Override
    public String toString() {
      return problems[0];
    }
  }

  static final List<Case> CASES =
      List.of(
          // Blocks.
          new Case("", "line 1: the file has none of [server], [client], [bounce]"),
          new Case(
              "[servr]\nbind_addr = \"0.0.0.0:9000\"",
              "line 1: servr: unknown block; did you mean 'server'?"),
          new Case("server = 4", "line 1: server: expected a table, found a whole number"),
          // Syntax: each error, and the keys that are still readable.
          new Case(
              SERVER + "drain_timeout = 5s\nheartbeet_interval = \"1s\"\nshare = \"x",
              "line 4: column 18: unexpected text, expected a newline or end-of-input",
              "line 5: server.heartbeet_interval: unknown key; did you mean 'heartbeat_interval'?",
              "line 6: column 11: unexpected end of input, expected \" or a character",
              "line 6: server.share: unknown key"),
          new Case(
              SERVER + "max_sessions = 1\nmax_sessions = 2",
              "line 5: column 1: max_sessions previously defined at line 4, column 1"),
          // Keys.
          new Case(
              SERVER + "open_timout = \"1s\"",
              "line 4: server.open_timout: unknown key; did you mean 'open_timeout'?"),
          new Case(
              SERVER + "pin = \"x\"",
              "line 4: server.pin: unknown key; did you mean 'bounce.tls.pin'?"),
          new Case(
              SERVER + "[server.transport.tls]\ncertificate = \"x\"",
              "line 5: server.transport.tls.certificate: unknown key"),
          // Clients.
          new Case(
              SERVER + "[server.clients.home]\nsecret = \"x\"",
              "line 4: server.clients.home: the client needs 'services' or 'ports': it may offer"
                  + " what they list"),
          new Case(
              SERVER + "[server.clients.home]\nservices = \"web\"",
              "line 4: server.clients.home: the client needs 'secret' or 'secret_file'"),
          new Case(
              SERVER + "[server.clients.home]\nsecret = \"x\"\nsecret_file = \"x\"\nports = \"1\"",
              "line 4: server.clients.home: the client has both 'secret' and 'secret_file'; remove"
                  + " one",
              "line 6: server.clients.home.secret_file x: there is no such file"),
          new Case(
              SERVER
                  + "[server.clients.\"my home\"]\nsecret = \"x\"\nservices = \"*\"\n"
                  + "[server.clients.office]\nsecret = \"\"\nservices = \"w*b\"\nports = \"7-6\"\n"
                  + "servces = \"a\"",
              "line 4: server.clients.my home: invalid client name 'my home': expected 1 to 64"
                  + " letters, digits, dots, dashes and underscores",
              "line 8: server.clients.office.secret: the secret is empty",
              "line 9: server.clients.office.services: invalid value 'w*b': expected the name of a"
                  + " service, or its beginning and an asterisk",
              "line 10: server.clients.office.ports: invalid value '7-6': expected ports from 1 to"
                  + " 65535, as A-B or A",
              "line 11: server.clients.office.servces: unknown key; did you mean 'services'?"),
          new Case(
              SERVER
                  + "[server.clients]\na = {secret = \"same\", ports = \"1\"}\n"
                  + "b = {secret = \"same\", ports = \"1\"}",
              "line 6: client 'b' has the secret of client 'a': each client needs a secret of its"
                  + " own (see also line 5)"),
          new Case(
              SERVER
                  + "secret = \"x\"\nopen_timeout = \"0s\"\n"
                  + "[server.clients]\na = {secret = \"same\", ports = \"1\"}\n"
                  + "b = {secret = \"same\", ports = \"1\"}\n"
                  + "c = {secret = \"same\", ports = \"1\"}\n"
                  + "d = {secret = \"x\", ports = \"1\"}\n",
              "line 5: invalid value '0s' for server.open_timeout: expected a duration longer than"
                  + " zero: with zero, no visitor could be served",
              "line 8: client 'b' has the secret of client 'a': each client needs a secret of its"
                  + " own (see also line 7)",
              "line 9: client 'c' has the secret of client 'b': each client needs a secret of its"
                  + " own (see also line 8)",
              "line 10: client 'd' has the secret of the remote proxy: each client needs a secret"
                  + " of its own (see also line 4)"),
          new Case(
              SERVER
                  + "bore.bind_addr = \"0.0.0.0:7835\"\nport_range = \"20000-20010\"\n"
                  + "[server.clients.a]\nsecret = \"secret of a\"\nports = \"20000\"",
              "line 4: server.bore.bind_addr requires server.bore.secret with clients: without a"
                  + " secret, every client of bore could open the ports of all of them"),
          new Case(
              SERVER
                  + "protocol = [\"native\", \"bore\"]\nport_range = \"20000-20010\"\n"
                  + "[server.clients.a]\nsecret = \"secret of a\"\nports = \"20000\"",
              "line 4: server.protocol bore requires server.bore.secret with clients: without a"
                  + " secret, every client of bore could open the ports of all of them"),
          new Case(
              SERVER
                  + "bore.bind_addr = \"0.0.0.0:7835\"\nport_range = \"20000-20010\"\n"
                  + "bore.secret = \"same\"\n"
                  + "[server.clients.a]\nsecret = \"same\"\nports = \"20000\"",
              "line 8: client 'a' has the secret of the clients of bore: each client needs a secret"
                  + " of its own (see also line 6)"),
          new Case(
              SERVER + "[server.clients.a]\nports = \"1\"\nsecret = \"file:/no/such/file\"",
              "line 6: server.clients.a.secret /no/such/file: there is no such file"),
          new Case(
              SERVER
                  + "clients.a = {secret = \"of a\", ports = \"1\", max_bandwidth = \"fast\"}\n"
                  + "clients.b = {secret = \"of b\", ports = \"1\", max_bandwidth = true}",
              "line 4: server.clients.a.max_bandwidth: invalid value 'fast': expected a size such"
                  + " as 4096, 64K, 16M or 1G",
              "line 5: server.clients.b.max_bandwidth: expected a size such as \"64K\", \"16M\" or"
                  + " \"1G\", or a number of bytes, found a boolean"),
          new Case(
              SERVER + "clients.a = {secret = \"of a\", ports = \"1\", max_bandwidth = 100}",
              "line 4: invalid value '100' for server.clients.a.max_bandwidth: expected 1K to 1024G"
                  + " bytes per second"),
          new Case(CLIENT + "clients.a = 1", "line 4: client.clients: unknown key"),
          new Case(
              CLIENT + "client_name = \"home\"",
              "line 4: client.client_name requires client.secret or client.secret_file: the"
                  + " client's secret"),
          new Case(
              SERVER + "[server.services.dns]\ntype = \"sctp\"\nbind_addr = \"0.0.0.0:53\"",
              "line 5: server.services.dns.type: invalid value 'sctp': expected \"tcp\" or"
                  + " \"udp\""),
          new Case(
              SERVER + "secret = \"0123456789abcdef\"\ntransport.tcp.nodelay = true",
              "line 5: server.transport.tcp: the key belongs to the rathole protocol and has no"
                  + " effect here; remove it"),
          new Case(
              SERVER
                  + "secret = \"0123456789abcdef\"\n[server.transport.noise]\n"
                  + "local_private_key = \"x\"",
              "line 6: server.transport.noise.local_private_key: the key belongs to the rathole"
                  + " protocol; use 'transport.noise.key_file' here"),
          // Types.
          new Case(
              SERVER + "max_sessions = \"4\"",
              "line 4: server.max_sessions: expected a whole number, found a string"),
          new Case(
              SERVER + "max_sessions = 4.5",
              "line 4: server.max_sessions: expected a whole number, found a number"),
          new Case(
              SERVER + "port_range = [\"1-2\"]",
              "line 4: server.port_range: expected a string, found an array"),
          new Case(
              SERVER + "drain_timeout = true",
              "line 4: server.drain_timeout: expected a duration such as \"500ms\", \"10s\" or"
                  + " \"2m\", or a number of seconds, found a boolean"),
          new Case(
              SERVER + "max_buffer = 2026-11-28",
              "line 4: server.max_buffer: expected a size such as \"64K\", \"16M\" or \"1G\", or a"
                  + " number of bytes, found a date or time"),
          new Case(
              CLIENT + "share = 1",
              "line 4: client.share: expected true or false, found a whole number"),
          new Case(
              SERVER + "transport = \"tls\"",
              "line 4: server.transport: expected a table, found a string"),
          // Forms of values.
          new Case(
              SERVER + "drain_timeout = \"5 s\"",
              "line 4: server.drain_timeout: invalid value '5 s': expected a number and a unit,"
                  + " such as 500ms, 10s or 2m, at most a day"),
          new Case(
              SERVER + "[server.services.ssh]\nbind_addr = \"::1:22\"",
              "line 5: server.services.ssh.bind_addr: invalid value '::1:22': expected PORT or"
                  + " HOST:PORT; write an IPv6 address in brackets, as [::1]:9000"),
          new Case(
              SERVER + "[server.services.ssh]\nbind_addr = \"0.0.0.0:20-10\"",
              "line 5: server.services.ssh.bind_addr: invalid value '0.0.0.0:20-10': expected A-B,"
                  + " with ports from 1 to 65535"),
          new Case(
              SERVER + "[server.services.ssh]\nbind_addr = \"0.0.0.0:1000-2000\"",
              "line 5: server.services.ssh.bind_addr: invalid value '0.0.0.0:1000-2000': expected"
                  + " at most 1000 ports"),
          new Case(
              SERVER + "accept_proxy_protocol = [\"10.0.0.0/8\", \"x\"]",
              "line 4: server.accept_proxy_protocol: invalid value 'x': expected ADDRESS or"
                  + " ADDRESS/BITS, such as 10.0.0.0/8 or 2001:db8::/32"),
          new Case(
              SERVER + "services.web.deny_from = [\"10.0.0.0/8\", \"x\"]",
              "line 4: server.services.web.deny_from: invalid value 'x': expected ADDRESS or"
                  + " ADDRESS/BITS, such as 10.0.0.0/8 or 2001:db8::/32"),
          new Case(
              SERVER + "deny_from = \"web=10.0.0.0/8\"",
              "line 4: server.deny_from: invalid value 'web=10.0.0.0/8': expected ADDRESS or"
                  + " ADDRESS/BITS, such as 10.0.0.0/8 or 2001:db8::/32"),
          new Case(
              SERVER + "services.web.balance = \"random\"\nbalance = [\"source\"]",
              "line 4: server.services.web.balance: invalid value 'random': expected one of"
                  + " round-robin, least-connections, source",
              "line 5: server.balance: expected a string, found an array"),
          new Case(
              SERVER + "services.web.max_bandwidth = 1.5\nmax_bandwidth = \"fast\"",
              "line 4: server.services.web.max_bandwidth: expected a size such as \"64K\", \"16M\""
                  + " or \"1G\", or a number of bytes, found a number",
              "line 5: server.max_bandwidth: invalid value 'fast': expected a size such as 4096,"
                  + " 64K, 16M or 1G"),
          new Case(
              SERVER + "services.web.max_bandwidth = 100",
              "line 4: invalid value '100' for server.services.web.max_bandwidth: expected 1K to"
                  + " 1024G bytes per second"),
          new Case(
              SERVER + "max_bandwidth = \"1025G\"",
              "line 4: invalid value '1025G' for server.max_bandwidth: expected 1K to 1024G bytes"
                  + " per second"),
          new Case(
              CLIENT
                  + "health_check = \"udp\"\nhealth_failures = \"1\"\n"
                  + "services.mail.health_check = \"tcp\"",
              "line 4: client.health_check: invalid value 'udp': expected tcp or http:PATH, such as"
                  + " http:/health",
              "line 5: client.health_failures: expected a whole number, found a string",
              "line 6: client.services.mail: the service needs 'local_addr'"),
          new Case(
              CLIENT + "services.ssh.local_addr = \"unix:\"",
              "line 4: client.services.ssh.local_addr: invalid value 'unix:': expected unix:PATH,"
                  + " with a PATH of 1 to 106 bytes"),
          new Case(
              CLIENT + "services.dns = {type = \"udp\", local_addr = \"unix:/run/dns\"}",
              "line 4: client.services.dns.local_addr is a UDP service, which cannot have the Unix"
                  + " socket unix:/run/dns"),
          new Case(
              SERVER + "services.ssh.bind_addr = \"unix:\"",
              "line 4: server.services.ssh.bind_addr: invalid value 'unix:': expected unix:PATH,"
                  + " with a PATH of 1 to 106 bytes"),
          new Case(
              SERVER + "bore.bind_addr = \"unix:/run/bore\"",
              "line 4: server.bore.bind_addr: invalid value 'unix:/run/bore': expected PORT or"
                  + " HOST:PORT; write it without a scheme"),
          new Case(
              SERVER + "services.dns = {type = \"udp\", bind_addr = \"unix:/run/dns\"}",
              "line 4: server.services.dns.bind_addr is a UDP service, which cannot have the Unix"
                  + " socket unix:/run/dns"),
          new Case(
              SERVER
                  + "services.one.bind_addr = \"unix:/run/app/a\"\n"
                  + "services.two.bind_addr = \"unix:/run/x/../app/a\"",
              "line 4: server.services.one.bind_addr and server.services.two.bind_addr both listen"
                  + " at unix:/run/x/../app/a (see also line 5)"),
          new Case(
              SERVER + "services.one.bind_addr = \"unix:/" + "x".repeat(93) + "/a\"",
              "line 4: server.services.one.bind_addr is unix:/"
                  + "x".repeat(93)
                  + "/a, whose folder is too long: a listener needs one of at most 93 bytes"),
          new Case(
              SERVER + "services.web.socket_mode = \"660\"",
              "line 4: server.services.web.socket_mode is for the service 'web', which is not at a"
                  + " Unix socket"),
          new Case(
              SERVER + "socket_mode = \"rw\"",
              "line 4: server.socket_mode: invalid value 'rw': expected three octal digits from 600"
                  + " to 777, such as 660"),
          new Case(
              CLIENT + "health_check = \"tcp\"\nhealth_interval = \"1ms\"",
              "line 5: invalid value '1ms' for client.health_interval: expected 100ms or longer"),
          new Case(
              SERVER + "services.web.allow_from = \"10.0.0.0/8,::1\"",
              "line 4: server.services.web.allow_from: a value with a comma is not supported; write"
                  + " an array of values"),
          new Case(
              SERVER + "services.ssh.allow_from = \"10.0.0.0/8\"",
              "line 4: server.services.ssh: the service needs 'bind_addr'"),
          new Case(
              SERVER
                  + "services.ssh.bind_addr = \"0.0.0.0:99999\"\n"
                  + "services.ssh.allow_from = \"10.0.0.0/8\"",
              "line 4: server.services.ssh.bind_addr: invalid value '0.0.0.0:99999': expected PORT"
                  + " or HOST:PORT; a port is 0 to 65535"),
          new Case(
              SERVER
                  + "services.ssh.bind_addr = \"0.0.0.0:8000\"\n"
                  + "services.ssh.allow_from = \"10.0.0.0/8\"\nheartbeat_timeout = \"1s\"",
              "line 3: server.services.web.bind_addr and server.services.ssh.bind_addr both listen"
                  + " at port 8000 of 0.0.0.0 (see also line 4)",
              "line 6: invalid value '1s' for server.heartbeat_timeout: expected a duration"
                  + " longer than server.heartbeat_interval (10s), or each pause would end the"
                  + " session"),
          new Case(
              "[server]\nbind_addr = \"0.0.0.0:9000\"\n"
                  + "services.game.bind_addr = \"0.0.0.0:5000-5999\"\n"
                  + "services.game.deny_from = ["
                  + "\"10.0.0.1\",".repeat(11)
                  + "]",
              "line 4: server.services.game.deny_from: the block has more than 10000 such values"),
          new Case(
              SERVER + "secret_file = [\"a,b\"]",
              "line 4: server.secret_file: a value with a comma is not"
                  + " supported; write an array of values"),
          new Case(
              SERVER + "transport.type = \"quic\"",
              "line 4: server.transport.type: invalid value 'quic': expected one of plain, noise,"
                  + " tls, ws, wss, tcp, websocket"),
          // Secrets are in no message.
          new Case(
              SERVER + "secret = \"${NO_SUCH_VARIABLE}\"",
              "line 4: server.secret: the variable NO_SUCH_VARIABLE is not set"),
          new Case(SERVER + "secret = \"\"", "line 4: server.secret: the secret is empty"),
          new Case(
              SERVER + "secret = \"file:/no/such/file\"",
              "line 4: server.secret /no/such/file: there is no such file"),
          new Case(
              SERVER + "secret_file = []",
              "line 4: server.secret_file: the array is empty; remove the key or add a value"),
          new Case(
              SERVER
                  + "accept_proxy_protocol = ["
                  + "\"10.0.0.1\",".repeat(1001)
                  + "]\nsecret = \"\"",
              "line 4: server.accept_proxy_protocol: the array has more than 1000 values",
              "line 5: server.secret: the secret is empty"),
          new Case(
              SERVER + "transport.noise.peer_key = []",
              "line 4: server.transport.noise.peer_key: the array is empty; remove the key or add"
                  + " a value"),
          // Services.
          new Case(
              SERVER + "[server.services.\"a b\"]\nbind_addr = \"0.0.0.0:1\"",
              "line 4: server.services.a b: invalid service name 'a b': expected 1 to 64 letters,"
                  + " digits, dots, dashes and underscores"),
          new Case(
              CLIENT + "[client.services.ssh]",
              "line 4: client.services.ssh: the service needs 'local_addr'"),
          // Contradictions.
          new Case(
              "[server]",
              "line 1: missing server.bind_addr or server.control_via",
              "line 1: missing server.services.NAME.bind_addr or server.port_range"),
          new Case(
              "[client]", "line 1: missing client.remote_addr and client.services.NAME.local_addr"),
          new Case(
              SERVER + "[server.services.a]\nbind_addr = \"127.0.0.1:8000\"",
              "line 3: server.services.web.bind_addr and server.services.a.bind_addr both"
                  + " listen at port 8000 of 127.0.0.1 (see also line 5)"),
          new Case(
              SERVER + "secret = \"0123456789abcdef\"\nsecret_file = \"x\"",
              "line 4: server.secret and server.secret_file are both given; keep one (see also line"
                  + " 5)"),
          new Case(
              SERVER + "transport.type = \"tls\"",
              "line 4: server.transport.type tls needs a certificate: set"
                  + " server.transport.tls.cert and server.transport.tls.key, or"
                  + " server.transport.tls.pkcs12"),
          new Case(
              SERVER + "transport.websocket.tls = true",
              "line 4: server.transport.websocket.tls: the key has no effect without type ="
                  + " \"websocket\""),
          new Case(
              SERVER + "heartbeat_timeout = \"1s\"",
              "line 4: invalid value '1s' for server.heartbeat_timeout: expected a duration"
                  + " longer than server.heartbeat_interval (10s), or each pause would end the"
                  + " session"),
          new Case(
              "[bounce]\nport = 70000",
              "line 2: invalid value '70000' for bounce.port: expected a port from 0 to"
                  + " 65535"),
          // An address conflict of one service hides none of another.
          new Case(
              SERVER
                  + "services.a.bind_addr = \"0.0.0.0:8000\"\n"
                  + "services.b.bind_addr = \"0.0.0.0:9000\"\n"
                  + "services.c.bind_addr = \"127.0.0.1:8000\"\n"
                  + "services.d.bind_adr = \"127.0.0.1:8000\"",
              "line 2: server.bind_addr and server.services.b.bind_addr both listen at port 9000 of"
                  + " 0.0.0.0 (see also line 5)",
              "line 3: server.services.web.bind_addr and server.services.a.bind_addr both listen at"
                  + " port 8000 of 0.0.0.0 (see also line 4)",
              "line 3: server.services.web.bind_addr and server.services.c.bind_addr both listen at"
                  + " port 8000 of 127.0.0.1 (see also line 6)",
              "line 7: server.services.d.bind_adr: unknown key; did you mean 'bind_addr'?"),
          new Case(
              CLIENT + "services.a.local_addr = \"a,b:80\"\nheartbeat_timeout = \"1s\"",
              "line 4: client.services.a.local_addr: expected one address; another one needs a"
                  + " service of its own",
              "line 5: invalid value '1s' for client.heartbeat_timeout: expected a duration"
                  + " longer than client.heartbeat_interval (10s), or each pause would end the"
                  + " session"),
          new Case(
              SERVER
                  + "services."
                  + "g".repeat(63)
                  + ".bind_addr = \"0.0.0.0:5000-5010\"\nheartbeat_timeout = \"1s\"",
              "line 4: server.services."
                  + "g".repeat(63)
                  + ".bind_addr: the name '"
                  + "g".repeat(63)
                  + ".10' of its last port is too long",
              "line 5: invalid value '1s' for server.heartbeat_timeout: expected a duration"
                  + " longer than server.heartbeat_interval (10s), or each pause would end the"
                  + " session"),
          new Case(
              SERVER + "secret = \"file:/a,/b\"",
              "line 4: server.secret: a file name with a comma is not supported"),
          // A value beside a syntax error may be incomplete: it has no further problems.
          new Case(
              SERVER + "secret = \"\"x\"",
              "line 4: column 12: unexpected text, expected a newline or end-of-input"),
          new Case(
              "[server\nbind_addr = \"0.0.0.0:9000\"\n",
              "line 1: column 8: unexpected end of line, expected ]"),
          // Blocks of rathole.
          new Case(
              SERVER + "default_token = \"x\"\nport_range = \"1-2\"",
              "line 5: server.port_range: unknown key"),
          new Case(
              SERVER + "services.ssh.token = \"x\"\nservices.ssh.bind_addr = \"0.0.0.0:22\"",
              "line 3: server.services.web: the service needs 'token', or the block"
                  + " 'default_token'"),
          new Case(
              "[server]\nbind_addr = \"0.0.0.0:1\"\ndefault_token = \"x\"",
              "line 1: server: the block needs 'services'"),
          new Case(
              CLIENT + "default_token = \"x\"\n[client.transport]\ntype = \"noise\"",
              "line 5: client.transport: type = \"noise\" needs 'noise.remote_public_key'"),
          new Case(
              SERVER + "default_token = \"x\"\ntransport.type = \"tls\"",
              "line 5: server.transport: type = \"tls\" needs 'tls'"),
          new Case(
              CLIENT
                  + "default_token = \"x\"\n[client.transport]\ntype = \"noise\"\n"
                  + "noise.remote_public_key = \"x\"",
              "line 7: client.transport.noise.remote_public_key: expected a key of 32 bytes in"
                  + " base64"));

  @TempDir private Path folder;

  @ParameterizedTest
  @FieldSource("CASES")
  void eachProblemIsNamedWithLineAndKey(Case each) throws Exception {
    Path file = Files.writeString(folder.resolve("file.toml"), each.text);
    Cli run = Cli.run("check", file.toString());
    assertThat(run.err().lines().map(line -> line.replace("check: " + file + " ", "")))
        .containsExactly(each.problems);
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.out()).isEmpty();
  }

  /** One run finds mistakes of the syntax, in keys, types and forms, and contradictions. */
  @Test
  void tenMistakesAreFoundInOneRun() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("file.toml"),
            """
            [server]
            bind_adr = "0.0.0.0:2333"
            heartbeat_interval = "10 s"
            secret = "0123456789abcdef"
            secret_file = "secret.txt"
            max_visitors = "many"
            open_timeout = 0

            [server.transport]
            type = "quic"

            [server.services.web]
            bind_addr = "0.0.0.0:99999"

            [server.services.dns]
            type = "sctp"
            bind_addr = "0.0.0.0:53"

            [client]
            remote_addr = "http://example.com"
            max_opens = 0
            [client.services.x]
            local_adr = "80"
            """);
    Cli run = Cli.run("check", file.toString());
    assertThat(run.err().lines().map(line -> line.replaceFirst(".* line (\\d+): .*", "$1")))
        .contains("2", "3", "4", "6", "7", "10", "13", "16", "20", "21", "23")
        .hasSizeGreaterThanOrEqualTo(11);
  }

  /** Each message removes settings or adds a stand-in, once; a check that does neither ends. */
  @Test
  void checkEndsIfAStandInIsContradictedToo() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("file.toml"),
            """
            [server]
            protocol = "trp"
            port_range = "20000-20010"
            control_via = "bounce://127.0.0.1:1/1"
            bore.bind_addr = "127.0.0.1:1"
            [client]
            protocol = "trp"
            secret = "0123456789abcdef"
            services.a.local_addr = "1"
            services.b.local_addr = "2"
            share = true
            """);
    Cli run = Cli.run("check", file.toString());
    assertThat(run.err()).contains("line 2: ", "line 7: ");
    assertThat(run.exit()).isEqualTo(78);
  }

  /** The file may be for two hosts, each with its own secrets. */
  @Test
  void problemsOfTheOtherBlockDoNotStopARole() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("file.toml"),
            "[server]\nbind_addr = \"127.0.0.1:0\"\nservices.web.bind_addr = \"127.0.0.1:0\"\n"
                + CLIENT
                + "secret = \"${ONLY_ON_THE_CLIENT}\"\nunknown = 1\n");
    assertThat(Cli.run("run", "--server", file.toString()).exit()).isZero();
    assertThat(Cli.run("check", "--server", file.toString()).exit()).isZero();
    assertThat(Cli.run("check", "--client", file.toString()).err()).hasLineCount(2);
    assertThat(Cli.run("check", file.toString()).err()).hasLineCount(2);
    Files.writeString(file, CLIENT);
    assertThat(Cli.run("check", "--server", file.toString()).err())
        .contains("the file has no block [server]");
  }

  @Test
  void contradictionsAreAllReportedAtTheStart() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("file.toml"),
            "[server]\nservices.web.bind_addr = \"127.0.0.1:0\"\n"
                + "heartbeat_timeout = \"1s\"\nopen_timeout = 0\nmax_session = 1\n");
    Cli run = Cli.run("remote-proxy", "--config", file.toString(), "--control-addr", "127.0.0.1:0");
    assertThat(run.err().lines().map(line -> line.replaceFirst(".* line (\\d+): .*", "$1")))
        .containsExactly("3", "4", "5");
    Files.writeString(file, Files.readString(file).replace("max_session = 1", ""));
    Cli valid =
        Cli.run(
            "remote-proxy",
            "--config=" + file,
            "--control-addr=127.0.0.1:0",
            "--open-timeout=1s",
            "--heartbeat-timeout=30s");
    assertThat(valid.exit()).isZero();
    assertThat(Cli.run("remote-proxy", "--config=" + file, "--no-such-option").exit()).isEqualTo(2);
  }

  /** A hundred lines are enough; each further check of the rest would take as long. */
  @Test
  void listOfProblemsEndsAfterAHundred() throws Exception {
    var text = new StringBuilder(SERVER);
    for (int i = 0; i < 200; i++) {
      text.append("services.s%d.bind_addr = \"127.0.0.1:8000\"\n".formatted(i));
    }
    Path file = Files.writeString(folder.resolve("file.toml"), text);
    Cli conflicts = Cli.run("check", file.toString());
    assertThat(conflicts.err()).hasLineCount(101).endsWith("and more problems\n");
    Files.writeString(
        file,
        "[server]\n"
            + IntStream.range(0, 200)
                .mapToObj(i -> "k" + i + " = 1\n")
                .collect(Collectors.joining()));
    assertThat(Cli.run("check", file.toString()).err())
        .hasLineCount(101)
        .endsWith("and more problems\n");
  }

  /** Ten lines of port ranges may stand for thousands of services. */
  @Test
  void numberOfServicesIsLimited() throws Exception {
    Path file = Files.writeString(folder.resolve("file.toml"), ranges("[server]", "bind_addr", 5));
    Cli valid = Cli.run("check", file.toString());
    assertThat(valid.err()).isEmpty();
    Files.writeString(file, ranges("[server]", "bind_addr", 10));
    Cli server = Cli.run("check", file.toString());
    assertThat(server.err())
        .endsWith("line 8: server.services.s5.bind_addr: the block has more than 5000 services\n")
        .hasLineCount(1);
    Files.writeString(file, ranges("[client]", "local_addr", 3));
    assertThat(Cli.run("check", file.toString()).err())
        .endsWith("line 4: client.services.s1.local_addr: the block has more than 1000 services\n")
        .hasLineCount(1);
  }

  private static String ranges(String block, String key, int services) {
    String address = block.equals("[server]") ? "bind_addr" : "remote_addr";
    return IntStream.range(0, services)
        .mapToObj(i ->
            "services.s%d.%s = \"127.0.0.1:%d-%d\"\n"
                .formatted(i, key, 10_000 + 1000 * i, 10_999 + 1000 * i))
        .collect(Collectors.joining("", block + "\n" + address + " = \"127.0.0.1:9000\"\n", ""));
  }

  @Test
  void secretIsInNoMessage() throws Exception {
    String secret = "culvert-0123456789abcdef0123456789abcdefXX";
    Path file =
        Files.writeString(folder.resolve("file.toml"), SERVER + "secret = \"" + secret + '"');
    Cli run = Cli.run("check", file.toString());
    assertThat(run.err()).contains("truncated or mistyped").doesNotContain(secret);
  }

  /** Neither the parser's quotation of the text nor an invalid URL may show a secret. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "secret = hunter2hunter2",
        "secret = \"hunter2\\qhunter3\"",
        "secret = \"abc\"hunter4",
        "secret = 'hunter5",
        "secret = 2026-hunter6",
        "control_via = \"bounce://user:hunter7@host:zz/7\"",
        "services.a.bind_addr = \"user:hunter8@host:zz\""
      })
  void textThatMayBeASecretIsInNoMessage(String line) throws Exception {
    Path file = Files.writeString(folder.resolve("file.toml"), SERVER + line);
    Cli check = Cli.run("check", file.toString());
    assertThat(check.err()).contains("line 4").doesNotContain("hunter");
    assertThat(check.exit()).isEqualTo(78);
    assertThat(Cli.run("import", "frp", file.toString()).err()).doesNotContain("hunter");
  }

  @Test
  void unreadableFileIsNamedWithTheReason() {
    Cli run = Cli.run("check", folder.resolve("none").toString());
    assertThat(run.err()).contains("there is no such file").hasLineCount(1);
    assertThat(run.exit()).isEqualTo(78);
  }

  @Test
  void problemsAreJsonIfTheLogIs() throws Exception {
    Path file = Files.writeString(folder.resolve("file.toml"), "[servr]\n[clint]\n");
    Cli run = Cli.run(Map.of("CULVERT_LOG_FORMAT", "json"), "check", file.toString());
    assertThat(run.err().lines()).hasSize(2).allMatch(line -> line.startsWith("{"));
  }
}
