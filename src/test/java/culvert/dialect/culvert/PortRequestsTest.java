package culvert.dialect.culvert;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ServiceType;
import culvert.session.OfferedService;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Which port a service requests, also after the settings have changed. */
class PortRequestsTest {

  private static final OfferedService WEB = new OfferedService("web", ServiceType.TCP);

  private static PortRequests withLastPort() {
    var requests = new PortRequests(OptionalInt.of(0));
    requests.recordPort("web", 5000);
    return requests;
  }

  private static String offer(PortRequests requests) {
    return requests.offer(WEB, false).toString();
  }

  @Test
  void lastPortIsRequestedUntilItIsRefused() {
    PortRequests requests = withLastPort();
    assertThat(offer(requests)).isEqualTo("web:5000");
    assertThat(requests.hasLastPort("web")).isTrue();
    assertThat(requests.offer(WEB, true)).hasToString("web:0");
  }

  /** A port that the settings name must not be replaced by any other. */
  @Test
  void portOfChangedSettingsIsNotReplacedByAnyPort() {
    PortRequests requests = withLastPort().requesting(OptionalInt.of(6000));
    assertThat(offer(requests)).isEqualTo("web:6000");
    assertThat(requests.hasLastPort("web")).isFalse();
    assertThat(requests.offer(WEB, true)).hasToString("web:6000");
  }

  @Test
  void lastPortIsKnownAfterTheSettingsReturn() {
    PortRequests requests = withLastPort().requesting(OptionalInt.empty());
    assertThat(offer(requests.requesting(OptionalInt.of(0)))).isEqualTo("web:5000");
  }

  @Test
  void serviceOfChangedSettingsWithoutAPortRequestsNone() {
    PortRequests requests = withLastPort().requesting(OptionalInt.empty());
    assertThat(offer(requests)).isEqualTo("web");
    assertThat(requests.hasLastPort("web")).isFalse();
    assertThat(requests.offer(WEB, true)).hasToString("web");
  }
}
