package culvert.system;

import java.util.ArrayList;
import java.util.List;

/** Each way to wrap the connection between the halves, as the command lines of both say it. */
enum TransportArguments {
  /** With the secret's proof, and nothing else. */
  PLAIN {
    @Override
    RoleCommands halves(Credentials credentials) {
      return same("--transport=plain");
    }
  },
  /** What both do by themselves as soon as there is a secret. */
  NOISE {
    @Override
    RoleCommands halves(Credentials credentials) {
      return same();
    }
  },
  /** The remote proxy has a key and the origin proxy the secret. */
  NOISE_NK {
    @Override
    RoleCommands halves(Credentials credentials) throws Exception {
      var keys = credentials.noise("noise-nk");
      return new RoleCommands(
          patient(Launcher.USUAL),
          List.of("--noise-key-file=" + keys.file()),
          List.of("--noise-peer-key=" + keys.publicKey()));
    }
  },
  /** Both show a key, and no secret is needed. */
  NOISE_XX {
    @Override
    RoleCommands halves(Credentials credentials) throws Exception {
      return keyed(credentials, "Noise_XX_25519_AESGCM_SHA256");
    }
  },
  /** Both know each other's key. */
  NOISE_KK {
    @Override
    RoleCommands halves(Credentials credentials) throws Exception {
      return keyed(credentials, "Noise_KK_25519_ChaChaPoly_BLAKE2s");
    }
  },
  /** An authority vouches for the remote proxy. */
  TLS_CA {
    @Override
    RoleCommands halves(Credentials credentials) throws Exception {
      return new RoleCommands(
          patient(Launcher.USUAL),
          with(credentials.issue("tls-ca").options(), "--transport=tls"),
          List.of("--transport=tls", "--tls-ca=" + credentials.authority()));
    }
  },
  /** The remote proxy's certificate, and no other. */
  TLS_PIN {
    @Override
    RoleCommands halves(Credentials credentials) throws Exception {
      var certificate = credentials.foreign("tls-pin");
      return new RoleCommands(
          patient(Launcher.USUAL),
          with(certificate.options(), "--transport=tls"),
          List.of("--transport=tls", "--tls-pin=" + certificate.fingerprint()));
    }
  },
  /** Certificates on both sides, and no secret. */
  TLS_CLIENTS {
    @Override
    RoleCommands halves(Credentials credentials) throws Exception {
      String authority = credentials.authority().toString();
      return new RoleCommands(
          patient(Launcher.OPEN),
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
  /** A WebSocket, and Noise within. */
  WS {
    @Override
    RoleCommands halves(Credentials credentials) {
      return same("--transport=ws", "--ws-path=/tunnel");
    }
  },
  /** The same over TLS. */
  WSS {
    @Override
    RoleCommands halves(Credentials credentials) throws Exception {
      return new RoleCommands(
          patient(Launcher.USUAL),
          with(credentials.issue("wss").options(), "--transport=wss"),
          List.of("--transport=wss", "--tls-ca=" + credentials.authority()));
    }
  };

  /** A JVM loads much for a first handshake of TLS, which takes its time on a busy machine. */
  private static Launcher patient(Launcher launcher) {
    return launcher.variable("CULVERT_HANDSHAKE_TIMEOUT", "30s");
  }

  /** Makes the keys and certificates it needs. */
  abstract RoleCommands halves(Credentials credentials) throws Exception;

  private static RoleCommands same(String... options) {
    return new RoleCommands(patient(Launcher.USUAL), List.of(options), List.of(options));
  }

  private static RoleCommands keyed(Credentials credentials, String pattern) throws Exception {
    var remote = credentials.noise(pattern + "-remote");
    var origin = credentials.noise(pattern + "-origin");
    return new RoleCommands(
        patient(Launcher.OPEN),
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
