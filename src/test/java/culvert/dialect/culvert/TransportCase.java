package culvert.dialect.culvert;

import culvert.config.NoiseSettings;
import culvert.config.TransportKind;
import culvert.config.TransportSettings;
import culvert.config.WebSocketSettings;
import culvert.noise.NoiseKeyPair;
import culvert.noise.NoiseProtocol;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The settings of one side. */
enum TransportCase {
  PLAIN(TransportKind.PLAIN, false, null),
  PLAIN_WITH_SECRET(TransportKind.PLAIN, true, null),
  NOISE_BY_SECRET(TransportKind.NOISE, true, null),
  NOISE_BY_KEYS(TransportKind.NOISE, false, "NK"),
  NOISE_BY_KEYS_WITH_SECRET(TransportKind.NOISE, true, "NK"),
  NOISE_BY_BOTH_KEYS(TransportKind.NOISE, false, "KK"),
  NOISE_BY_SENT_KEYS(TransportKind.NOISE, false, "XX"),
  TLS(TransportKind.TLS, false, null),
  TLS_WITH_SECRET(TransportKind.TLS, true, null),
  WS(TransportKind.WS, false, null),
  WS_WITH_SECRET(TransportKind.WS, true, null),
  WS_BY_KEYS(TransportKind.WS, false, "NK"),
  WSS(TransportKind.WSS, false, null),
  WSS_WITH_SECRET(TransportKind.WSS, true, null),
  WSS_BY_KEYS(TransportKind.WSS, false, "NK");

  private static final NoiseKeyPair OF_ORIGIN = NoiseKeyPair.generate();
  private static final NoiseKeyPair OF_REMOTE = NoiseKeyPair.generate();

  final TransportKind transport;
  final boolean secret;
  private final String pattern;

  TransportCase(TransportKind transport, boolean secret, String pattern) {
    this.transport = transport;
    this.secret = secret;
    this.pattern = pattern;
  }

  /** Returns the transport settings of a side. */
  TransportSettings settings(boolean dialling) {
    return new TransportSettings(
        Optional.of(transport),
        Optional.ofNullable(pattern).map(name -> noise(name, dialling)),
        WebSocketSettings.DEFAULT);
  }

  private static NoiseSettings noise(String pattern, boolean dialling) {
    var protocol = NoiseProtocol.parse("Noise_" + pattern + "_25519_ChaChaPoly_BLAKE2s");
    NoiseKeyPair own = dialling ? OF_ORIGIN : OF_REMOTE;
    NoiseKeyPair peer = dialling ? OF_REMOTE : OF_ORIGIN;
    return new NoiseSettings(
        protocol,
        protocol.isLocalKeyRequired(dialling) ? Optional.of(own) : Optional.empty(),
        isPeerKnown(protocol, dialling) ? List.of(peer.publicKey()) : List.of());
  }

  /** A key that is sent in the handshake is checked too. */
  private static boolean isPeerKnown(NoiseProtocol protocol, boolean dialling) {
    return protocol.isRemoteKeyRequired(dialling) || protocol.isRemoteKeySent(dialling);
  }

  /** Returns whether the remote side checks the origin side's key. */
  boolean isPeerKeyKnown() {
    return this == NOISE_BY_BOTH_KEYS || this == NOISE_BY_SENT_KEYS;
  }

  /** Returns all other cases. */
  List<TransportCase> others() {
    return Arrays.stream(values()).filter(other -> other != this).toList();
  }
}
