package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** URLs of channel groups, valid and invalid. */
class GroupAddressTest {

  @ParameterizedTest
  @CsvSource({
    "bounce://h:1111/ac, PLAIN, h:1111, 172, bounce://h:1111/ac",
    "bounce://h:1111/00AC, PLAIN, h:1111, 172, bounce://h:1111/ac",
    "bounce://h:1111/0xac, PLAIN, h:1111, 172, bounce://h:1111/ac",
    "BOUNCE+TLS://h:1/0, TLS, h:1, 0, bounce+tls://h:1/0",
    "bounce+ws://[::1]:80/f, WS, [::1]:80, 15, bounce+ws://[::1]:80/f",
    "bounce+wss://h.example:443/7fffffff, WSS, h.example:443, 2147483647,"
        + " bounce+wss://h.example:443/7fffffff"
  })
  void parsesAndFormatsGroup(
      String url, TransportKind transport, String server, int group, String formatted) {
    var address = GroupAddress.parse(url);
    assertThat(address)
        .isEqualTo(new GroupAddress(transport, HostPort.parse(server), new GroupNumber(group)))
        .hasToString(formatted);
    assertThat(GroupAddress.parse(formatted)).isEqualTo(address);
    assertThat(RemoteAddress.parse(url)).isEqualTo(address);
    assertThat(RemoteAddress.parse(url).dialled()).isEqualTo(HostPort.parse(server));
  }

  @Test
  void addressWithoutSchemeIsRemoteProxy() {
    assertThat(RemoteAddress.parse("h:9000"))
        .isEqualTo(new RemoteAddress.Direct(new HostPort("h", 9000)))
        .hasToString("h:9000");
    assertThatThrownBy(() -> RemoteAddress.parse("9000")).hasMessageContaining("has no port");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bounce:h:1/ac | expected bounce://HOST:PORT/GROUP",
        "http://h:1/ac | 'http': expected bounce, bounce+tls, bounce+ws or bounce+wss",
        "bounce+noise://h:1/ac | unknown scheme 'bounce+noise': expected",
        "bounce://h/ac | 'h' has no port",
        "bounce://h:0/ac | expected a port from 1 to 65535",
        "bounce://h:1 | has no group",
        "bounce://h:1/ | has no group",
        "bounce://h:1/xyz | hexadecimal digits",
        "bounce://h:1/ac/dc | hexadecimal digits",
        "bounce://h:1/-1 | hexadecimal digits",
        "bounce://h:1/80000000 | at most 7fffffff",
        "bounce://h:1/ffffffffffffffff | at most 7fffffff"
      })
  void invalidUrlIsRejectedWithReason(String url, String message) {
    assertThatThrownBy(() -> GroupAddress.parse(url))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bounce://hunter2@h:1/ac",
        "bounce://me:hunter2@h:1/ac",
        "bounce://h:1/ac?auth=hunter2",
        "bounce://h:1/ac#hunter2",
        "bounce://h:1/hunter2@ac"
      })
  void authenticationStringInUrlIsRejectedAndNotRepeated(String url) {
    assertThatThrownBy(() -> GroupAddress.parse(url))
        .hasMessageContaining("other users can see the URL")
        .hasMessageContaining("--bounce-auth-file")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void optionsThatNoGroupUsesAreRejected() {
    var plain = GroupAddress.parse("bounce://h:1/1");
    var wss = GroupAddress.parse("bounce+wss://h:1/1");
    var auth =
        new BounceCredentials(
            Optional.of(BounceAuthentication.of("hi")),
            Optional.empty(),
            WebSocketSettings.DEFAULT);
    var tls =
        new BounceCredentials(
            Optional.empty(), Optional.of(TlsClientSettings.DEFAULT), WebSocketSettings.DEFAULT);
    var ws =
        new BounceCredentials(
            Optional.empty(), Optional.empty(), new WebSocketSettings("/x", Optional.empty()));
    for (BounceCredentials access : List.of(BounceCredentials.DEFAULT, auth, tls, ws)) {
      access.check(List.of(plain, wss));
    }
    auth.check(List.of(plain));
    assertThatThrownBy(() -> auth.check(List.of()))
        .hasMessage(
            "--bounce-auth or --bounce-auth-file cannot be used without a group at a bounce"
                + " server");
    assertThatThrownBy(() -> tls.check(List.of(plain)))
        .hasMessageStartingWith("--bounce-tls-ca, --bounce-tls-pin, ")
        .hasMessageEndingWith(" cannot be used without a bounce+tls:// or bounce+wss:// URL");
    assertThatThrownBy(() -> ws.check(List.of(plain)))
        .hasMessage("--bounce-ws-path cannot be used without a bounce+ws:// or bounce+wss:// URL");
    assertThat(auth.toString()).doesNotContain("hi");
  }
}
