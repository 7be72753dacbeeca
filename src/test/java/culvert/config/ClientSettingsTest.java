package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientSettingsTest {

  private static final Secret SECRET = Secret.of(Secret.generate());

  private static ClientSettings client(String services, String ports) {
    return new ClientSettings(
        "vienna", SECRET, List.of(services.split(" ")), List.of(PortInterval.parse(ports)));
  }

  @ParameterizedTest
  @CsvSource({
    "web, web, true",
    "web, we, false",
    "web, web2, false",
    "web, WEB, false",
    "web ssh, ssh, true",
    "ssh-*, ssh-home, true",
    "ssh-*, ssh-, true",
    "ssh-*, ssh, false",
    "*, anything, true"
  })
  void serviceIsPermittedByItsNameOrItsBeginning(String services, String name, boolean expected) {
    assertThat(client(services, "1").permitsService(name)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "5000-5010, 4999, false",
    "5000-5010, 5000, true",
    "5000-5010, 5010, true",
    "5000-5010, 5011, false",
    "22, 22, true",
    "22, 23, false"
  })
  void portIsPermittedByAnInterval(String ports, int port, boolean expected) {
    assertThat(client("web", ports).permitsPort(port)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"web", "a.b-c_d", "ssh-*", "*"})
  void patternOfAServiceIsValid(String pattern) {
    assertThatCode(() -> ClientSettings.checkService(pattern)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "*web", "w*b", "web**", "a b", "a/b", "ä"})
  void patternOfAServiceIsInvalid(String pattern) {
    assertThatThrownBy(() -> ClientSettings.checkService(pattern))
        .hasMessage("expected the name of a service, or its beginning and an asterisk");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "65536", "7-6", "0-7", "1-65536", "a", "1-", "-1", "1-2-3"})
  void portIntervalIsInvalid(String text) {
    assertThatThrownBy(() -> PortInterval.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("expected ports");
  }

  @Test
  void portIntervalIsPrintedAsParsed() {
    assertThat(PortInterval.parse("5000-5010")).hasToString("5000-5010");
    assertThat(PortInterval.parse("22")).hasToString("22");
  }

  @Test
  void portsWithinARangeAreThoseOfBoth() {
    PortRange range = PortRange.parse("5000-5009");
    assertThat(PortInterval.parse("4000-5003").within(range))
        .contains(new PortInterval(5000, 5003));
    assertThat(PortInterval.parse("5009-7000").within(range))
        .contains(new PortInterval(5009, 5009));
    assertThat(PortInterval.parse("1-65535").within(range)).contains(new PortInterval(5000, 5009));
    assertThat(PortInterval.parse("5010-5020").within(range)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a/b", "ü"})
  void nameIsInvalid(String name) {
    assertThatThrownBy(() -> new ClientSettings(name, SECRET, List.of("*"), List.of()))
        .hasMessageStartingWith("invalid client name '" + name + "'");
  }

  /** The owner of one secret could choose between the rules of both. */
  @Test
  void secretOfTwoClientsIsRejected() {
    var vienna = new ClientSettings("vienna", SECRET, List.of("*"), List.of());
    var lisbon = new ClientSettings("lisbon", SECRET, List.of("*"), List.of());
    assertThatThrownBy(() -> ClientSettings.checkSecrets(List.of(), List.of(vienna, lisbon)))
        .hasMessage(
            "client 'lisbon' has the secret of client 'vienna': each client needs a secret of its"
                + " own");
    assertThatThrownBy(() -> ClientSettings.checkSecrets(List.of(SECRET), List.of(vienna)))
        .hasMessage(
            "client 'vienna' has the secret of the remote proxy: each client needs a secret of its"
                + " own");
  }

  /** Its key is not derived again. */
  @Test
  void equalSecretOfTheRunningRoleIsKept() {
    Secret running = Secret.of("typed by a user");
    var equal = new ClientSettings("vienna", Secret.of("typed by a user"), List.of(), List.of());
    var other = new ClientSettings("vienna", Secret.of("typed by another"), List.of(), List.of());
    Map<Secret, Secret> known = Map.of(running, running);
    assertThat(equal.keeping(known).secret()).isSameAs(running);
    assertThat(other.keeping(known).secret()).isSameAs(other.secret());
  }

  @Test
  void secretIsNotPrinted() {
    assertThat(client("web", "22").toString()).contains("vienna", "***").doesNotContain("culvert-");
  }
}
