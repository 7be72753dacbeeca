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

/** Peers that use another protocol, and invalid data during and after the TLS handshake. */
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

  /** Returns the server's failure for a client that sends these bytes and closes. */
  private Exception serverFailure(byte[] sent) throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().output().write(sent);
      pair.near().closeOutput();
      return TlsPair.attempt(tls.server(tls.good()), pair.far()).failure();
    }
  }

  /** Returns the client's failure for a server that sends these bytes and closes. */
  private Exception clientFailure(byte[] sent) throws Exception {
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
  void serverNamesForeignProtocolByFirstBytes(ForeignPeer peer, String sent) throws Exception {
    var failure = serverFailure(ascii(sent));
    assertThat(failure)
        .isInstanceOf(ForeignPeerException.class)
        .hasMessageStartingWith("this is " + peer.description() + ", not a TLS client");
    assertThat(((ForeignPeerException) failure).peer()).isEqualTo(peer);
  }

  /** The caller's answer must be the first bytes that the client reads. */
  @Test
  void serverSendsNothingToForeignClient() throws Exception {
    try (var pair = Loopback.open()) {
      pair.near().output().write(ascii("GET / HTTP/1.1\r\n\r\n"));
      assertThatThrownBy(() -> tls.server(tls.good()).wrap(pair.far()))
          .isInstanceOf(ForeignPeerException.class);
      pair.far().output().write('x');
      pair.far().closeOutput();
      assertThat(pair.near().input().readAllBytes()).isEqualTo(ascii("x"));
      assertThat(pair.far().received()).as("bytes read").isEqualTo(8);
    }
  }

  @Test
  void serverDoesNotNameProtocolOfClientThatClosesAtOnce() throws Exception {
    assertThat(serverFailure(new byte[0]))
        .isInstanceOf(EOFException.class)
        .hasMessage("closed before a first byte");
  }

  @Test
  void truncatedHandshakeIsReportedAsEnd() throws Exception {
    assertThat(serverFailure(hex("16 0301 0100 01 0000fc")))
        .isInstanceOf(EOFException.class)
        .hasMessage(
            "the origin proxy closed the connection during the TLS handshake; do both sides use"
                + " the same --transport?");
    assertThat(clientFailure(hex("16 0303 0100 02 0000fc"))).isInstanceOf(EOFException.class);
    assertThat(clientFailure(new byte[0]))
        .isInstanceOf(EOFException.class)
        .hasMessageStartingWith("the remote proxy closed the connection during the TLS handshake");
  }

  @Test
  void messageQuotesServerThatDoesNotSpeakTls() throws Exception {
    assertThat(clientFailure(ascii("HTTP/1.1 400 Bad Request\r\nServer: x\r\n")))
        .isInstanceOf(ProtocolException.class)
        .hasMessageStartingWith("the remote proxy does not use TLS (it sent ")
        .hasMessageEndingWith("); do both sides use the same --transport?")
        .hasMessageNotContainingAny("\r", "\n");
    assertThat(clientFailure(ascii("SSH-2.0-OpenSSH_9.6\r\n")))
        .hasMessageContaining("(it sent 'SSH-2.0-OpenSSH_9.6')");
    assertThat(clientFailure(hex("0001ff"))).hasMessageContaining("(it sent 00 01 ff)");
  }

  /** The answer of a remote proxy without TLS. */
  @Test
  void clientRecognizesPlainRemoteProxy() throws Exception {
    assertThat(clientFailure(ForeignPeer.TLS.answer()))
        .isInstanceOf(ProtocolException.class)
        .hasMessage(
            "the remote proxy received an unexpected message; do both sides use the same"
                + " --transport? (alert unexpected_message)");
  }

  @ParameterizedTest
  @CsvSource({
    "28, the remote proxy and this side have no TLS version or cipher in common",
    "46, the remote proxy and this side have no TLS version or cipher in common",
    "50, the remote proxy ended the TLS connection (alert internal_error)",
    "70, the remote proxy has no certificate for the requested name"
  })
  void messageExplainsAlert(String description, String message) throws Exception {
    assertThat(clientFailure(hex("15 0301 0002 02" + description))).hasMessageStartingWith(message);
  }

  @Test
  void handshakeSizeIsLimited() throws Exception {
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
          .hasMessage("the origin proxy sent more than 16384 bytes during the TLS handshake");
      assertThat(pair.far().received()).isLessThan(2 * 16384);
    }
  }

  @Test
  void oversizedRecordIsRejectedByItsHeader() throws Exception {
    assertThat(serverFailure(hex("16 0301 ffff 01 00fffb")))
        .isInstanceOf(ProtocolException.class)
        .hasMessage("invalid TLS record length 65535 (maximum 18432)");
  }

  @Test
  void randomFirstBytesAreRejectedWithOneLine() throws Exception {
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
  void invalidRecordAfterHandshakeEndsConnection(String version) throws Exception {
    try (var pair = open(version)) {
      pair.near().output().write(1);
      pair.carriers().near().output().write(hex("17 0303 0020" + "5a".repeat(32)));
      assertThat(pair.far().input().read()).isEqualTo(1);
      assertThatThrownBy(() -> pair.far().input().read())
          .isInstanceOf(ProtocolException.class)
          .hasMessageStartingWith("invalid TLS data from the origin proxy: ");
      assertThat(pair.far().closeCause()).contains(CloseCause.RESET);
      assertThatThrownBy(() -> pair.far().input().read())
          .as("neither payload nor an end after it")
          .isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void oversizedRecordAfterHandshakeIsRejected(String version) throws Exception {
    try (var pair = open(version)) {
      pair.carriers().near().output().write(hex("17 0303 f000"));
      assertThatThrownBy(() -> pair.far().input().read())
          .isInstanceOf(ProtocolException.class)
          .hasMessage("invalid TLS record length 61440 (maximum 18432)");
    }
  }

  /** In TLS 1.2 a forged alert is detected only once the engine may process it. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void forgedCloseNotifyInTls12FailsOnceOutputEnds(boolean endedBefore) throws Exception {
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
            .as("the peer's input does not end cleanly")
            .isInstanceOf(IOException.class);
      }
    }
  }
}
