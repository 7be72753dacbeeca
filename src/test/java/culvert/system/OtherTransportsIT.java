package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The transports that {@link TransportsIT} leaves out. */
@Tag("full")
@ParameterizedClass(name = "{0}")
@EnumSource(
    value = TransportArguments.class,
    mode = EnumSource.Mode.EXCLUDE,
    names = {"NOISE", "TLS_CA", "WSS"})
class OtherTransportsIT extends TransportCases {

  OtherTransportsIT(TransportArguments wrapping) {
    assertThat(wrapping).isNotNull();
  }
}
