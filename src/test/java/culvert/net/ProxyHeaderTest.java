package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Golden bytes from the text of the PROXY protocol, written and read. */
class ProxyHeaderTest {

  private static final InetSocketAddress V4 = address("192.168.0.1", 56324);
  private static final InetSocketAddress OTHER_V4 = address("192.168.0.11", 443);
  private static final InetSocketAddress V6 = address("2001:db8::a:1", 1);
  private static final InetSocketAddress OTHER_V6 = address("2001:db8::", 65535);
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

  private static final String V4_BINARY =
      SIGNATURE + "21 11 000c" + "c0a80001" + "c0a8000b" + "dc04" + "01bb";
  private static final String V6_BINARY =
      SIGNATURE
          + "21 21 0024"
          + "20010db80000000000000000000a0001"
          + "20010db8000000000000000000000000"
          + "0001ffff";

  @Test
  void version1IsLineOfText() {
    assertThat(line(V4, OTHER_V4)).isEqualTo("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n");
    assertThat(line(V6, OTHER_V6)).isEqualTo("PROXY TCP6 2001:db8::a:1 2001:db8:: 1 65535\r\n");
  }

  @Test
  void version2IsBinary() {
    assertThat(ProxyHeader.write(ProxyHeader.Version.V2, V4, OTHER_V4)).isEqualTo(hex(V4_BINARY));
    assertThat(ProxyHeader.write(ProxyHeader.Version.V2, V6, OTHER_V6)).isEqualTo(hex(V6_BINARY));
  }

  @Test
  void mixedFamiliesBecomeIpv6() throws IOException {
    assertThat(line(V4, V6)).isEqualTo("PROXY TCP6 ::ffff:c0a8:1 2001:db8::a:1 56324 1\r\n");
    assertThat(ProxyHeader.write(ProxyHeader.Version.V2, V6, V4))
        .isEqualTo(
            hex(
                SIGNATURE
                    + "21 21 0024"
                    + "20010db80000000000000000000a0001"
                    + "00000000000000000000ffffc0a80001"
                    + "0001dc04"));
    assertThat(read(ascii(line(V4, V6)))).contains(V4);
  }

  @Test
  void headerOfThisHostsOwnConnectionHasNoSource() throws IOException {
    assertThat(ProxyHeader.writeLocal(ProxyHeader.Version.V1))
        .isEqualTo(ascii("PROXY UNKNOWN\r\n"));
    assertThat(ProxyHeader.writeLocal(ProxyHeader.Version.V2))
        .isEqualTo(hex(SIGNATURE + "20000000"));
    for (var version : ProxyHeader.Version.values()) {
      assertThat(read(ProxyHeader.writeLocal(version))).isEmpty();
    }
  }

  @Test
  void headerOfAVisitorAtAUnixSocketHasNoSource() {
    for (var version : ProxyHeader.Version.values()) {
      assertThat(ProxyHeader.write(version, UnixPeer.ADDRESS, UnixPeer.ADDRESS))
          .isEqualTo(ProxyHeader.writeLocal(version));
    }
  }

  @Test
  void longestVersion1HeaderIsWithinLimit() throws IOException {
    var longest = address("1111:2222:3333:4444:5555:6666:7777:8888", 65535);
    byte[] header = ProxyHeader.write(ProxyHeader.Version.V1, longest, longest);
    assertThat(header).hasSizeLessThanOrEqualTo(ProxyHeader.MAX_V1_BYTES);
    assertThat(read(header)).contains(longest);
  }

  @Test
  void writtenHeaderReadsAsItsSource() throws IOException {
    for (var version : ProxyHeader.Version.values()) {
      assertThat(read(ProxyHeader.write(version, V4, OTHER_V4))).contains(V4);
      assertThat(read(ProxyHeader.write(version, V6, OTHER_V6))).contains(V6);
    }
  }

  @Test
  void noByteAfterHeaderIsRead() throws IOException {
    byte[][] headers = {
      ascii("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"),
      ascii("PROXY TCP6 2001:db8::a:1 2001:db8:: 1 65535\r\n"),
      ascii("PROXY UNKNOWN\r\n"),
      hex(V4_BINARY),
      hex(V6_BINARY),
      hex(SIGNATURE + "20 00 0000"),
      hex(SIGNATURE + "21 11 000f" + "c0a80001c0a8000bdc0401bb" + "040000")
    };
    for (byte[] header : headers) {
      var in = new ByteArrayInputStream(Arrays.copyOf(header, header.length + 5));
      ProxyHeader.read(in);
      assertThat(in.available()).as(new String(header, StandardCharsets.US_ASCII)).isEqualTo(5);
    }
  }

  @Test
  void localConnectionHasNoSource() throws IOException {
    assertThat(read(ascii("PROXY UNKNOWN\r\n"))).isEmpty();
    assertThat(read(ascii("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n"))).isEmpty();
    assertThat(read(hex(SIGNATURE + "20 00 0000"))).isEmpty();
    assertThat(read(hex(SIGNATURE + "20 11 000c c0a80001c0a8000bdc0401bb"))).isEmpty();
    // UNSPEC, UDP over IPv4 and a UNIX socket: nothing a TCP relay can name.
    assertThat(read(hex(SIGNATURE + "21 00 0000"))).isEmpty();
    assertThat(read(hex(SIGNATURE + "21 12 000c c0a80001c0a8000bdc0401bb"))).isEmpty();
    assertThat(read(hex(SIGNATURE + "21 31 00d8" + "00".repeat(216)))).isEmpty();
  }

  @Test
  void extensionsAfterAddressesAreSkipped() throws IOException {
    String extended = SIGNATURE + "21 11 0013 c0a80001c0a8000bdc0401bb" + "040004deadbeef";
    assertThat(read(hex(extended))).contains(V4);
  }

  @Test
  void everyTruncatedHeaderIsRejected() {
    byte[][] headers = {
      ascii("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"),
      ascii("PROXY UNKNOWN\r\n"),
      hex(V4_BINARY),
      hex(V6_BINARY)
    };
    for (byte[] header : headers) {
      for (int length = 0; length < header.length; length++) {
        byte[] cut = Arrays.copyOf(header, length);
        assertThatThrownBy(() -> read(cut))
            .isInstanceOf(IOException.class)
            .hasMessage("connection closed within a PROXY header");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n\r\n",
        "proxy TCP4 1.2.3.4 1.2.3.5 1 2\r\n",
        "PROXY\tTCP4 1.2.3.4 1.2.3.5 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.5 1 2\n",
        "PROXY TCP4 1.2.3.4 1.2.3.5 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.5 1 2 3\r\n",
        "PROXY TCP4  1.2.3.4 1.2.3.5 1 2\r\n",
        "PROXY TCP5 1.2.3.4 1.2.3.5 1 2\r\n",
        "PROXY UDP4 1.2.3.4 1.2.3.5 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.5 -1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.5 65536 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.5 x 2\r\n",
        "PROXY TCP4 ::1 ::2 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.5 1 2\r\n",
        "PROXY TCP6 ::1::2 ::2 1 2\r\n",
        "PROXY TCP4 1.2 1.2.3.5 1 2\r\n",
        "PROXY TCP4 16909060 1.2.3.5 1 2\r\n",
        "PROXY TCP4 1.2.3.4.5 1.2.3.5 1 2\r\n",
        "PROXY TCP4 999.2.3.4 1.2.3.5 1 2\r\n",
        "PROXY TCP4 01.2.3.4 1.2.3.5 1 2\r\n",
        "PROXY TCP4 1.2.3.4 garbage 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.5 1 garbage\r\n",
        "PROXY UNKNOWNS\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.5 1 2 \r\n",
        "PROXY TCP6 [::1] ::2 1 2\r\n"
      })
  void aMalformedLineIsRefused(String line) {
    assertThatThrownBy(() -> read(ascii(line)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("PROXY header");
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "example.com", "a.b.c.d", "0x7f000001"})
  void aNameInsteadOfAnAddressIsRefused(String name) {
    for (String family : new String[] {"TCP4", "TCP6"}) {
      assertThatThrownBy(() -> read(ascii("PROXY " + family + " " + name + " ::1 1 2\r\n")))
          .isInstanceOf(IOException.class)
          .hasMessage("malformed PROXY header");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"31110000", "11110000", "22110000", "2f110000", "2111000b", "21210023"})
  void aMalformedBinaryHeaderIsRefused(String head) {
    byte[] header = Arrays.copyOf(hex(SIGNATURE + head), 128);
    assertThatThrownBy(() -> read(header))
        .isInstanceOf(IOException.class)
        .hasMessageMatching(
            "PROXY header with an unknown version or command|truncated PROXY header");
  }

  @Test
  void oversizedHeaderIsRejectedBeforeItsEnd() {
    var line = new ByteArrayInputStream(ascii("PROXY UNKNOWN " + "x".repeat(500)));
    assertThatThrownBy(() -> ProxyHeader.read(line))
        .hasMessage("PROXY header longer than 107 bytes");
    assertThat(line.available()).isEqualTo(514 - 107);
    var binary = new ByteArrayInputStream(Arrays.copyOf(hex(SIGNATURE + "21 11 0801"), 5000));
    assertThatThrownBy(() -> ProxyHeader.read(binary))
        .hasMessage("PROXY header longer than 2048 bytes: 2049");
    assertThat(binary.available()).isEqualTo(5000 - 16);
  }

  private static String line(InetSocketAddress source, InetSocketAddress destination) {
    return new String(
        ProxyHeader.write(ProxyHeader.Version.V1, source, destination), StandardCharsets.US_ASCII);
  }

  private static Optional<InetSocketAddress> read(byte[] bytes) throws IOException {
    return ProxyHeader.read(new ByteArrayInputStream(bytes));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  private static InetSocketAddress address(String host, int port) {
    try {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
