package culvert.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.TlsClientSettings;
import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.protocol.ForeignPeer;
import culvert.protocol.ForeignPeerException;
import culvert.protocol.ProtocolException;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.Seed;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes where TLS should, and what comes within it that should not. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TlsFaultsTest {

  @TempDir private Path folder;

  private TlsSetup tls;

  @BeforeEach
  void setUp() throws Exception {
    tls = new TlsSetup(folder);
  }

  private TlsPair open(String version) throws Exception {
    var client =
        new TlsClientSettings(new TlsTrust.Authorities(tls.ca), Optional.empty(), Optional.empty());
    var server = new TlsServerSettings(tls.good(), Optional.empty());
    return TlsPair.open(tls.client(client, TlsSetup.ADDRESS, version), tls.server(server, version));
  }

  /** What the server makes of bytes that a stranger sends before it closes. */
  private Exception accepted(byte[] sent) throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().output().write(sent);
      pair.near().closeOutput();
      return TlsPair.attempt(tls.server(tls.good()), pair.far()).failure();
    }
  }

  /** What the client makes of an answer. */
  private Exception answered(byte[] sent) throws Exception {
    try (var pair = Loopback.open()) {
      pair.far().output().write(sent);
      pair.far().closeOutput();
      return TlsPair.attempt(tls.client(), pair.near()).failure();
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP, 'GET / HTTP/1.1\r\n'",
    "SSH, 'SSH-2.0-OpenSSH_9.6\r\n'",
    "CULVERT, 'CULVERT\n..'",
    "UNKNOWN, 'hi'"
  })
  void aStrangerIsNamedByItsFirstBytes(ForeignPeer peer, String sent) throws Exception {
    var failure = accepted(ascii(sent));
    assertThat(failure)
        .isInstanceOf(ForeignPeerException.class)
        .hasMessageStartingWith("this is " + peer.description() + ", not a TLS client");
    assertThat(((ForeignPeerException) failure).peer()).isEqualTo(peer);
  }

  /** What the caller answers must be the first that the stranger reads. */
  @Test
  void aStrangerHearsNothingButWhatTheCallerSays() throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().output().write(ascii("GET / HTTP/1.1\r\n\r\n"));
      assertThatThrownBy(() -> tls.server(tls.good()).wrap(pair.far()))
          .isInstanceOf(ForeignPeerException.class);
      pair.far().output().write('x');
      pair.far().closeOutput();
      assertThat(pair.near().input().readAllBytes()).isEqualTo(ascii("x"));
      assertThat(pair.far().received()).as("bytes taken").isEqualTo(8);
    }
  }

  @Test
  void whoeverClosesAtOnceIsNoStranger() throws Exception {
    assertThat(accepted(new byte[0]))
        .isInstanceOf(EOFException.class)
        .hasMessage("closed before a first byte");
  }

  @Test
  void aHandshakeThatIsCutIsAnEnd() throws Exception {
    assertThat(accepted(hex("16 0301 0100 01 0000fc")))
        .isInstanceOf(EOFException.class)
        .hasMessage(
            "the origin proxy closed the connection during the TLS handshake; do both have the"
                + " same --transport?");
    assertThat(answered(hex("16 0303 0100 02 0000fc"))).isInstanceOf(EOFException.class);
    assertThat(answered(new byte[0]))
        .isInstanceOf(EOFException.class)
        .hasMessageStartingWith("the remote proxy closed the connection during the TLS handshake");
  }

  @Test
  void aServerThatSpeaksNoTlsIsQuoted() throws Exception {
    assertThat(answered(ascii("HTTP/1.1 400 Bad Request\r\nServer: x\r\n")))
        .isInstanceOf(ProtocolException.class)
        .hasMessageStartingWith("the remote proxy does not speak TLS here (it sent ")
        .hasMessageEndingWith("); has it the same --transport?")
        .hasMessageNotContainingAny("\r", "\n");
    assertThat(answered(ascii("SSH-2.0-OpenSSH_9.6\r\n")))
        .hasMessageContaining("(it sent 'SSH-2.0-OpenSSH_9.6')");
    assertThat(answered(hex("0001ff"))).hasMessageContaining("(it sent 00 01 ff)");
  }

  /** What a remote proxy without TLS answers. */
  @Test
  void aPlainRemoteProxyIsRecognised() throws Exception {
    assertThat(answered(ForeignPeer.TLS.answer()))
        .isInstanceOf(ProtocolException.class)
        .hasMessage(
            "the remote proxy did not expect what this side says; do both have the same"
                + " --transport? (alert unexpected_message)");
  }

  @ParameterizedTest
  @CsvSource({
    "28, the remote proxy and this side have no version or cipher of TLS in common",
    "46, the remote proxy and this side have no version or cipher of TLS in common",
    "50, the remote proxy ended TLS (alert internal_error)",
    "70, the remote proxy has no certificate for the name it was asked for"
  })
  void anAlertIsReadable(String description, String sentence) throws Exception {
    assertThat(answered(hex("15 0301 0002 02" + description))).hasMessageStartingWith(sentence);
  }

  @Test
  void aHandshakeIsBounded() throws Exception {
    // A ClientHello of 30,000 bytes, in records of 4 KiB.
    byte[] record = new byte[TlsRecord.HEADER_BYTES + 4096];
    System.arraycopy(hex("16 0301 1000"), 0, record, 0, TlsRecord.HEADER_BYTES);
    byte[] first = record.clone();
    System.arraycopy(hex("01 007530 0303"), 0, first, TlsRecord.HEADER_BYTES, 6);
    try (var pair = Loopback.open()) {
      pair.near().output().write(first);
      for (int i = 0; i < 9; i++) {
        pair.near().output().write(record);
      }
      assertThatThrownBy(() -> tls.server(tls.good()).wrap(pair.far()))
          .isInstanceOf(ProtocolException.class)
          .hasMessage(
              "the origin proxy sent more than 16384 bytes before the TLS handshake was done");
      assertThat(pair.far().received()).isLessThan(2 * 16384);
    }
  }

  @Test
  void anOversizeRecordIsRefusedByItsHeader() throws Exception {
    assertThat(accepted(hex("16 0301 ffff 01 00fffb")))
        .isInstanceOf(ProtocolException.class)
        .hasMessage("a TLS record of 65535 bytes is longer than allowed");
  }

  @Test
  void anyFirstBytesAreRefusedWithOneLine() throws Exception {
    var random = Seed.random("TlsFaultsTest");
    TlsServer server = tls.server(tls.good());
    for (int i = 0; i < 300; i++) {
      byte[] sent = new byte[8 + random.nextInt(600)];
      random.nextBytes(sent);
      if (i % 2 == 0) {
        System.arraycopy(hex("16 0301 0040 01 00003c"), 0, sent, 0, 8);
      }
      try (var pair = Loopback.open()) {
        pair.near().output().write(sent);
        pair.near().closeOutput();
        assertThatThrownBy(() -> server.wrap(pair.far()))
            .as("round %d", i)
            .isInstanceOf(IOException.class)
            .hasMessageNotContainingAny("\n", "null");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void garbageAfterTheHandshakeEndsTheConnection(String version) throws Exception {
    try (var pair = open(version)) {
      pair.near().output().write(1);
      pair.carriers().near().output().write(hex("17 0303 0020" + "5a".repeat(32)));
      assertThat(pair.far().input().read()).isEqualTo(1);
      assertThatThrownBy(() -> pair.far().input().read())
          .isInstanceOf(ProtocolException.class)
          .hasMessageStartingWith("what the origin proxy sends is not right in TLS: ");
      assertThat(pair.far().closeCause()).contains(CloseCause.RESET);
      assertThatThrownBy(() -> pair.far().input().read())
          .as("neither bytes nor an end behind it")
          .isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void anOversizeRecordAfterTheHandshakeIsRefused(String version) throws Exception {
    try (var pair = open(version)) {
      pair.carriers().near().output().write(hex("17 0303 f000"));
      assertThatThrownBy(() -> pair.far().input().read())
          .isInstanceOf(ProtocolException.class)
          .hasMessage("a TLS record of 61440 bytes is longer than allowed");
    }
  }

  /** In TLS 1.2 an alert is only known to be none when the engine may see it. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aForgedEndInTheOlderVersionIsAFaultOnceOutputEnds(boolean endedBefore) throws Exception {
    try (var pair = open("TLSv1.2")) {
      Connection far = pair.far();
      if (endedBefore) {
        far.closeOutput();
      }
      pair.carriers().near().output().write(hex("15 0303 001a" + "5a".repeat(26)));
      if (endedBefore) {
        assertThatThrownBy(() -> far.input().read()).isInstanceOf(ProtocolException.class);
      } else {
        assertThat(far.input().read()).isEqualTo(-1);
        assertThatThrownBy(far::closeOutput).isInstanceOf(ProtocolException.class);
        far.close();
        assertThatThrownBy(() -> pair.near().input().read())
            .as("the peer's input does not end as if all were well")
            .isInstanceOf(IOException.class);
      }
    }
  }
}
