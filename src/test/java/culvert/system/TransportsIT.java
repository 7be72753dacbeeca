package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** One transport of each kind; {@link OtherTransportsIT} tests the others. */
@ParameterizedClass(name = "{0}")
@EnumSource(
    value = TransportArguments.class,
    names = {"NOISE", "TLS_CA", "WSS"})
class TransportsIT extends TransportCases {

  TransportsIT(TransportArguments wrapping) {
    assertThat(wrapping).isNotNull();
  }
}
