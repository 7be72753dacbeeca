package culvert.noise;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Published test vectors, byte for byte, for every supported protocol. */
class NoiseVectorsTest {

  private static final HexFormat HEX = HexFormat.of();

  /** The vector of one protocol. */
  record Vector(String protocol, String hash, List<byte[]> messages) {
    @Override
    public String toString() {
      return protocol;
    }
  }

  /** The content of the file: common inputs, payloads, and vectors. */
  record Vectors(Map<String, byte[]> inputs, List<byte[]> payloads, List<Vector> all) {
    byte[] input(String name) {
      return inputs.get(name);
    }

    NoiseKeyPair pair(String name) {
      return NoiseKeyPair.ofPrivate(input(name));
    }
  }

  private static final Vectors FILE = read();

  private static Vectors read() {
    var vectors = new Vectors(new HashMap<>(), new ArrayList<>(), new ArrayList<>());
    String protocol = null;
    for (String line : text().lines().toList()) {
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] fields = line.split(" ");
      switch (fields[0]) {
        case "protocol" -> protocol = fields[1];
        case "hash" -> vectors.all.add(new Vector(protocol, fields[1], new ArrayList<>()));
        case "message" -> vectors.all.getLast().messages.add(HEX.parseHex(fields[1]));
        case "payload" -> vectors.payloads.add(HEX.parseHex(fields[1]));
        default -> vectors.inputs.put(fields[0], HEX.parseHex(fields[1]));
      }
    }
    return vectors;
  }

  private static String text() {
    try (var stream = NoiseVectorsTest.class.getResourceAsStream("cacophony.txt")) {
      return new String(stream.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static List<Vector> vectors() {
    return FILE.all;
  }

  @Test
  void everySupportedProtocolHasAVector() {
    var supported = new ArrayList<String>();
    for (HandshakePattern pattern : HandshakePattern.values()) {
      for (Aead cipher : Aead.values()) {
        for (HashFunction hash : HashFunction.values()) {
          supported.add(new NoiseProtocol(pattern, cipher, hash).name());
        }
      }
    }
    assertThat(FILE.all)
        .extracting(Vector::protocol)
        .hasSize(20)
        .containsExactlyInAnyOrderElementsOf(supported);
    assertThat(FILE.all).allSatisfy(vector -> assertThat(vector.messages).hasSize(6));
    assertThat(FILE.payloads).hasSize(6);
  }

  @Test
  void publicKeysOfTheFileMatchItsPrivateKeys() {
    for (String side : List.of("initiator", "responder")) {
      assertThat(FILE.pair(side + "-static").publicKey())
          .isEqualTo(FILE.input(side + "-static-public"));
    }
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void everyMessageMatchesTheVector(Vector vector) throws Exception {
    var initiator = side(vector, true);
    var responder = side(vector, false);
    for (int i = 0; i < vector.messages.size(); i++) {
      NoiseHandshake from = i % 2 == 0 ? initiator : responder;
      NoiseHandshake to = i % 2 == 0 ? responder : initiator;
      byte[] payload = FILE.payloads.get(i);
      byte[] expected = vector.messages.get(i);
      assertThat(from.isDone()).as("done before message %d", i + 1).isEqualTo(to.isDone());
      if (from.isDone()) {
        assertThat(TransportMessages.encrypt(from.sending(), payload))
            .as("message %d", i + 1)
            .isEqualTo(expected);
        assertThat(TransportMessages.decrypt(to.receiving(), expected))
            .as("payload %d", i + 1)
            .isEqualTo(payload);
      } else {
        assertThat(from.isMyTurn()).isTrue();
        assertThat(to.isMyTurn()).isFalse();
        assertThat(from.writeMessage(payload)).as("message %d", i + 1).isEqualTo(expected);
        assertThat(to.readMessage(expected)).as("payload %d", i + 1).isEqualTo(payload);
      }
    }
    for (NoiseHandshake side : List.of(initiator, responder)) {
      assertThat(HEX.formatHex(side.hash())).isEqualTo(vector.hash);
    }
  }

  private static NoiseHandshake side(Vector vector, boolean initiator) {
    var protocol = NoiseProtocol.parse(vector.protocol);
    String own = initiator ? "initiator" : "responder";
    String other = initiator ? "responder" : "initiator";
    var keys =
        new NoiseHandshake.Keys(
            protocol.isLocalKeyRequired(initiator)
                ? Optional.of(FILE.pair(own + "-static"))
                : Optional.empty(),
            protocol.isRemoteKeyRequired(initiator)
                ? Optional.of(FILE.input(other + "-static-public"))
                : Optional.empty(),
            protocol.isPskRequired() ? Optional.of(FILE.input("psk")) : Optional.empty());
    return new NoiseHandshake(
        protocol, initiator, keys, FILE.input("prologue"), () -> FILE.pair(own + "-ephemeral"));
  }

  /** The default protocol of rathole, with the responder key of its tests. */
  @Test
  void messagesMatchThoseOfRathole() throws Exception {
    var protocol = NoiseProtocol.parse("Noise_NK_25519_ChaChaPoly_BLAKE2s");
    var local = NoiseKeyPair.ofPrivateText("kQiSRtS3bs8BoGCJYgFnl1FLrTG1lV53Dj8jSjmg8tE=");
    var client =
        new NoiseHandshake(
            protocol,
            true,
            new NoiseHandshake.Keys(
                Optional.empty(), Optional.of(local.publicKey()), Optional.empty()),
            new byte[0],
            () -> NoiseKeyPair.ofPrivate(HandshakePair.filled(0x11)));
    var server =
        new NoiseHandshake(
            protocol,
            false,
            new NoiseHandshake.Keys(Optional.of(local), Optional.empty(), Optional.empty()),
            new byte[0],
            () -> NoiseKeyPair.ofPrivate(HandshakePair.filled(0x22)));
    byte[] first = client.writeMessage(new byte[0]);
    assertThat(HEX.formatHex(first))
        .isEqualTo(
            "7b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13"
                + "ed6d65594904db5f50ebc7b57fb7793b");
    assertThat(server.readMessage(first)).isEmpty();
    byte[] second = server.writeMessage(new byte[0]);
    assertThat(HEX.formatHex(second))
        .isEqualTo(
            "0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20"
                + "f8b9bfd2703730f7209fd66bb43f2057");
    assertThat(client.readMessage(second)).isEmpty();
    assertThat(HEX.formatHex(client.hash()))
        .isEqualTo(HEX.formatHex(server.hash()))
        .isEqualTo("4ac84bb5a7ae7fb235796b89aeacbb24c2d023ca93af2b0c996bb882b987f950");
    byte[] hello =
        TransportMessages.decrypt(
            server.receiving(),
            HEX.parseHex(
                "a948c48cca80c80f39248a00447d75358374227a399b41cfbaf2c5e86e572bbd"
                    + "45a676c67c0266d72134e262a06382e434603cebfb"));
    assertThat(hello).hasSize(37);
    assertThat(HEX.formatHex(TransportMessages.encrypt(server.sending(), new byte[4])))
        .isEqualTo("972bbe03fe26ddf3de748f89ee8d96a73cdc53ea");
  }
}
