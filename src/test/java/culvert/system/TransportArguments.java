package culvert.system;

import java.util.ArrayList;
import java.util.List;

/** The transports between the proxies, with the command line options of both sides. */
enum TransportArguments {
  /** Authentication by the secret, without encryption. */
  PLAIN {
    @Override
    RoleCommands commands(Credentials credentials) {
      return same("--transport=plain");
    }
  },
  /** The default of both sides if there is a secret. */
  NOISE {
    @Override
    RoleCommands commands(Credentials credentials) {
      return same();
    }
  },
  /** The remote proxy has a key and the origin proxy the secret. */
  NOISE_NK {
    @Override
    RoleCommands commands(Credentials credentials) throws Exception {
      var keys = credentials.noise("noise-nk");
      return new RoleCommands(
          withLongTimeouts(Launcher.USUAL),
          List.of("--noise-key-file=" + keys.file()),
          List.of("--noise-peer-key=" + keys.publicKey()));
    }
  },
  /** Both sides present a key; no secret is required. */
  NOISE_XX {
    @Override
    RoleCommands commands(Credentials credentials) throws Exception {
      return keyed(credentials, "Noise_XX_25519_AESGCM_SHA256");
    }
  },
  /** Each side is configured with the other's key. */
  NOISE_KK {
    @Override
    RoleCommands commands(Credentials credentials) throws Exception {
      return keyed(credentials, "Noise_KK_25519_ChaChaPoly_BLAKE2s");
    }
  },
  /** A certificate authority authenticates the remote proxy. */
  TLS_CA {
    @Override
    RoleCommands commands(Credentials credentials) throws Exception {
      return new RoleCommands(
          withLongTimeouts(Launcher.USUAL),
          with(credentials.issue("tls-ca").options(), "--transport=tls"),
          List.of("--transport=tls", "--tls-ca=" + credentials.authority()));
    }
  },
  /** The remote proxy's certificate is pinned. */
  TLS_PIN {
    @Override
    RoleCommands commands(Credentials credentials) throws Exception {
      var certificate = credentials.foreign("tls-pin");
      return new RoleCommands(
          withLongTimeouts(Launcher.USUAL),
          with(certificate.options(), "--transport=tls"),
          List.of("--transport=tls", "--tls-pin=" + certificate.fingerprint()));
    }
  },
  /** Certificates on both sides, without a secret. */
  TLS_CLIENTS {
    @Override
    RoleCommands commands(Credentials credentials) throws Exception {
      String authority = credentials.authority().toString();
      return new RoleCommands(
          withLongTimeouts(Launcher.OPEN),
          with(
              credentials.issue("tls-server").options(),
              "--transport=tls",
              "--tls-client-ca=" + authority),
          with(
              credentials.issue("tls-client").options(),
              "--transport=tls",
              "--tls-ca=" + authority));
    }
  },
  /** Noise within a WebSocket. */
  WS {
    @Override
    RoleCommands commands(Credentials credentials) {
      return same("--transport=ws", "--ws-path=/tunnel");
    }
  },
  /** A WebSocket over TLS. */
  WSS {
    @Override
    RoleCommands commands(Credentials credentials) throws Exception {
      return new RoleCommands(
          withLongTimeouts(Launcher.USUAL),
          with(credentials.issue("wss").options(), "--transport=wss"),
          List.of("--transport=wss", "--tls-ca=" + credentials.authority()));
    }
  };

  /** Extends timeouts: a JVM's first TLS handshake loads many classes, slow on a busy machine. */
  private static Launcher withLongTimeouts(Launcher launcher) {
    return launcher.variable("CULVERT_HANDSHAKE_TIMEOUT", "30s");
  }

  /** Creates the required keys and certificates and returns the commands. */
  abstract RoleCommands commands(Credentials credentials) throws Exception;

  private static RoleCommands same(String... options) {
    return new RoleCommands(withLongTimeouts(Launcher.USUAL), List.of(options), List.of(options));
  }

  private static RoleCommands keyed(Credentials credentials, String pattern) throws Exception {
    var remote = credentials.noise(pattern + "-remote");
    var origin = credentials.noise(pattern + "-origin");
    return new RoleCommands(
        withLongTimeouts(Launcher.OPEN),
        List.of(
            "--noise-pattern=" + pattern,
            "--noise-key-file=" + remote.file(),
            "--noise-peer-key=" + origin.publicKey()),
        List.of(
            "--noise-pattern=" + pattern,
            "--noise-key-file=" + origin.file(),
            "--noise-peer-key=" + remote.publicKey()));
  }

  private static List<String> with(List<String> first, String... more) {
    var all = new ArrayList<>(first);
    all.addAll(List.of(more));
    return List.copyOf(all);
  }
}
