package culvert.route;

import static culvert.route.ScriptedProxy.hex;
import static culvert.route.ScriptedProxy.join;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.OutboundProxy;
import culvert.net.HostPort;
import culvert.protocol.ProtocolException;
import culvert.testing.LeakCheck;
import culvert.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks the exchange byte for byte against RFC 1928 and RFC 1929. */
@ExtendWith(LeakCheck.class)
class Socks5Test {

  private static final HostPort TARGET = new HostPort("a.example", 7000);
  private static final String ANONYMOUS = "socks5://proxy";
  private static final String AUTHENTICATED = "socks5://alice:hunter2@proxy";
  private static final String PREFIX = "the proxy proxy:1080, asked for a.example:7000, ";

  private static final byte[] REQUEST =
      hex(
          "05 01 00 # version 5, CONNECT, reserved",
          "03 09 612e6578616d706c65 # a name of nine bytes: a.example",
          "1b58 # port 7000");
  private static final byte[] REPLY =
      hex(
          "05 00 00 # version 5, succeeded, reserved",
          "01 c0000201 c000 # from 192.0.2.1, port 49152");

  @Test
  void clientWithoutCredentialsSendsTheNameOfTheTarget() throws Exception {
    ScriptedProxy.playTurns(
        through(ANONYMOUS),
        hex("05 01 00 # version 5, one method: no authentication"),
        hex("05 00 # version 5, no authentication"),
        REQUEST,
        REPLY);
  }

  @Test
  void credentialsAreSentWhenTheProxySelectsThem() throws Exception {
    ScriptedProxy.playTurns(
        through(AUTHENTICATED),
        hex("05 02 00 02 # version 5, two methods: no authentication, user and password"),
        hex("05 02 # version 5, user and password"),
        hex(
            "01 # version of the subnegotiation",
            "05 616c696365 # five bytes: alice",
            "07 68756e74657232 # seven bytes: hunter2"),
        hex("01 00 # version of the subnegotiation, success"),
        REQUEST,
        REPLY);
  }

  @Test
  void credentialsAreNotSentWhenTheProxySelectsNoAuthentication() throws Exception {
    ScriptedProxy.playTurns(
        through(AUTHENTICATED), hex("05 02 00 02"), hex("05 00"), REQUEST, REPLY);
  }

  @Test
  void credentialsAndNameOfMaximumLengthAreSent() throws Exception {
    String longest = "x".repeat(255);
    byte[] bytes = longest.getBytes(StandardCharsets.US_ASCII);
    ScriptedProxy.playTurns(
        ProxyTransport.through(
            OutboundProxy.parse("socks5://" + longest + ":" + longest + "@proxy"),
            new HostPort(longest, 65535)),
        hex("05 02 00 02"),
        hex("05 02"),
        join(hex("01 ff"), bytes, hex("ff"), bytes),
        hex("01 00"),
        join(hex("05 01 00 03 ff"), bytes, hex("ffff")),
        REPLY);
  }

  @Test
  void longerNameFailsBeforeAnythingIsSent() throws Exception {
    var target = new HostPort("x".repeat(256), 1);
    var exchange =
        ScriptedProxy.withOpen(
            ProxyTransport.through(OutboundProxy.parse(ANONYMOUS), target), hex("05 00"));
    assertThat(exchange.message())
        .isEqualTo("the name of " + target + " has more than 255 bytes, the maximum of SOCKS5");
    assertThat(exchange.sent()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, 01 c0000201",
    "2001:db8::1, 04 20010db8000000000000000000000001",
    "::1, 04 00000000000000000000000000000001",
    "localhost, 03 09 6c6f63616c686f7374",
    "127.1, 03 05 3132372e31",
    "bü.example, 03 0b 62c3bc2e6578616d706c65"
  })
  void addressIsSentAsAddressAndAnythingElseAsName(String host, String address) throws Exception {
    ScriptedProxy.playTurns(
        ProxyTransport.through(OutboundProxy.parse(ANONYMOUS), new HostPort(host, 258)),
        hex("05 01 00"),
        hex("05 00"),
        hex("05 01 00", address, "0102"),
        REPLY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "05 00 00 01 00000000 0000",
        "05 00 00 01 c0000201 c000",
        "05 00 00 04 20010db8000000000000000000000001 c000",
        "05 00 00 03 05 70726f7879 0438",
        "05 00 00 03 00 0000",
        "05 00 ff 01 ffffffff ffff"
      })
  void replyWithAnyAddressTypeIsReadToItsLastByte(String reply) throws Exception {
    byte[] answers = join(hex("05 00"), hex(reply));
    byte[] early = hex("05 00 00 01 00");
    var exchange = ScriptedProxy.with(through(ANONYMOUS), join(answers, early));
    assertThat(exchange.failure()).isEmpty();
    assertThat(exchange.read()).isEqualTo(answers.length);
    assertThat(exchange.tunnel()).isEqualTo(early);
  }

  @Test
  void replyWithNameOfMaximumLengthIsReadToItsLastByte() throws Exception {
    byte[] answers = join(hex("05 00 05 00 00 03 ff"), new byte[255 + 2]);
    var exchange = ScriptedProxy.with(through(ANONYMOUS), join(answers, hex("2a")));
    assertThat(exchange.tunnel()).isEqualTo(hex("2a"));
  }

  @ParameterizedTest
  @CsvSource({
    "1, could not reach T: general SOCKS server failure",
    "2, does not allow connections to T: not allowed by its ruleset; many proxies allow port 443"
        + " only",
    "3, could not reach T: network unreachable",
    "4, could not reach T: host unreachable",
    "5, could not reach T: connection refused",
    "6, could not reach T: TTL expired",
    "7, refused to connect to T: command not supported",
    "8, refused to connect to T: address type not supported",
    "9, refused to connect to T: unknown reply code 9",
    "255, refused to connect to T: unknown reply code 255"
  })
  void replyCodeIsDescribed(int code, String sentence) throws Exception {
    byte[] answers = join(hex("05 00 05"), new byte[] {(byte) code});
    for (byte[] rest : new byte[][] {{}, hex("00 01 00000000 0000")}) {
      var exchange = ScriptedProxy.withOpen(through(ANONYMOUS), join(answers, rest));
      assertThat(exchange.message())
          .isEqualTo("the proxy proxy:1080 " + sentence.replaceFirst("\\bT\\b", "a.example:7000"));
      assertThat(exchange.failure().orElseThrow()).isExactlyInstanceOf(IOException.class);
    }
  }

  @Test
  void missingCredentialsAreReported() throws Exception {
    assertThat(ScriptedProxy.withOpen(through(ANONYMOUS), hex("05 ff")).message())
        .isEqualTo(
            "the proxy proxy:1080 refused to connect to a.example:7000: it requires authentication;"
                + " pass a user and password as socks5://USER:PASSWORD@proxy:1080");
  }

  @Test
  void unsupportedAuthenticationMethodIsReported() throws Exception {
    assertThat(ScriptedProxy.withOpen(through(AUTHENTICATED), hex("05 ff")).message())
        .isEqualTo(
            "the proxy proxy:1080 refused to connect to a.example:7000:"
                + " it requires another authentication method than user and password");
  }

  @ParameterizedTest
  @ValueSource(strings = {"01 01", "01 ff", "05 01", "00 80"})
  void rejectedCredentialsAreReported(String answer) throws Exception {
    var exchange = ScriptedProxy.withOpen(through(AUTHENTICATED), join(hex("05 02"), hex(answer)));
    assertThat(exchange.message())
        .isEqualTo(
            "the proxy proxy:1080 refused to connect to a.example:7000:"
                + " it rejected the user and password");
    assertThat(exchange.failure().orElseThrow()).isExactlyInstanceOf(IOException.class);
  }

  @Test
  void successWithTheSocksVersionIsAccepted() throws Exception {
    byte[] answers = join(hex("05 02 05 00"), REPLY);
    assertThat(ScriptedProxy.with(through(AUTHENTICATED), answers).failure()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    ANONYMOUS + ", 05 02, chose authentication method 2",
    ANONYMOUS + ", 05 01, chose authentication method 1",
    AUTHENTICATED + ", 05 01, chose authentication method 1",
    AUTHENTICATED + ", 05 fe, chose authentication method 254"
  })
  void methodThatWasNotOfferedIsAProtocolError(String url, String answer, String sentence)
      throws Exception {
    assertForeign(url, answer, sentence + ", which was not offered");
  }

  @ParameterizedTest
  @CsvSource({
    "00 5b 0000 00000000, did not respond in SOCKS5: its first byte is 0",
    "04, did not respond in SOCKS5: its first byte is 4",
    "15 0301, did not respond in SOCKS5: its first byte is 21",
    "53 53482d322e30, did not respond in SOCKS5: its first byte is 83",
    "48 5454502f312e3120343030, is an HTTP proxy: use http:// instead of socks5://",
    "05 00 04 00, did not respond in SOCKS5: its first byte is 4",
    "05 00 48 5454502f, is an HTTP proxy: use http:// instead of socks5://",
    "05 00 05 00 00 00, sent an address of unknown type 0",
    "05 00 05 00 00 02, sent an address of unknown type 2",
    "05 00 05 00 00 ff, sent an address of unknown type 255"
  })
  void otherProtocolIsRejectedAtItsFirstBytes(String answer, String sentence) throws Exception {
    assertForeign(ANONYMOUS, answer, sentence);
  }

  private static void assertForeign(String url, String answer, String sentence) throws Exception {
    var exchange = ScriptedProxy.withOpen(through(url), hex(answer));
    assertThat(exchange.message()).isEqualTo(PREFIX + sentence);
    assertThat(exchange.failure()).get().isInstanceOf(ProtocolException.class);
  }

  @Test
  void truncatedReplyIsAnEndOfFile() throws Exception {
    byte[][] replies = {
      REPLY, hex("05 00 00 03 02 6162 0001"), join(hex("05 00 00 04"), new byte[18])
    };
    for (byte[] reply : replies) {
      byte[] answer = join(hex("05 02 01 00"), reply);
      for (int length = 0; length < answer.length; length++) {
        var exchange = ScriptedProxy.with(through(AUTHENTICATED), Arrays.copyOf(answer, length));
        assertThat(exchange.failure()).get().isInstanceOf(EOFException.class);
        assertThat(exchange.message())
            .as("cut at " + length)
            .isEqualTo(
                "the proxy proxy:1080 closed the connection before it responded for"
                    + " a.example:7000");
      }
    }
  }

  private static Transport through(String url) {
    return ProxyTransport.through(OutboundProxy.parse(url), TARGET);
  }
}
