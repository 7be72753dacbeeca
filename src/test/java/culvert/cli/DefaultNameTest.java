package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ServiceAddress;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The default name of an origin proxy. */
class DefaultNameTest {

  private static final OptionalInt NO_PORT = OptionalInt.empty();

  private static List<ServiceAddress> services(String... texts) {
    return Stream.of(texts).map(ServiceAddress::parse).toList();
  }

  private static String name(String... services) {
    return DefaultName.of("laptop", services(services), NO_PORT);
  }

  @Test
  void restartKeepsTheName() {
    assertThat(DefaultName.of(services("web=h:80"), NO_PORT))
        .isEqualTo(DefaultName.of(services("web=h:80"), NO_PORT));
    assertThat(name("h:80")).as("also of another version").isEqualTo("laptop-dc33c065");
  }

  @Test
  void orderOfTheServicesDoesNotMatter() {
    assertThat(name("a=h:1", "b=h:2")).isEqualTo(name("b=h:2", "a=h:1"));
  }

  @Test
  void serviceWithoutANameIsTheDefault() {
    assertThat(name("h:80")).isEqualTo(name("default=h:80"));
  }

  @Test
  void processForOtherServicesHasAnotherName() {
    assertThat(
            List.of(
                name("a=h:1"),
                name("b=h:1"),
                name("a=h:2"),
                name("a=i:1"),
                name("a=h:1", "b=h:2"),
                name("a=h:1", "b=h:3")))
        .doesNotHaveDuplicates();
  }

  /** Two trial processes for one origin server must not take the name from each other. */
  @Test
  void processForAnotherPortHasAnotherName() {
    assertThat(
            Stream.of(NO_PORT, OptionalInt.of(0), OptionalInt.of(8001), OptionalInt.of(8002))
                .map(port -> DefaultName.of("laptop", services("h:80"), port)))
        .doesNotHaveDuplicates();
  }

  @Test
  void processOnAnotherHostHasAnotherName() {
    assertThat(name("h:1")).isNotEqualTo(DefaultName.of("desktop", services("h:1"), NO_PORT));
  }

  @ParameterizedTest
  @CsvSource({
    "laptop, laptop",
    "' laptop ', laptop",
    "box.example.com, box.example.com",
    "Ann's Laptop, Ann-s-Laptop",
    "größe, gr--e",
    "'', origin",
    "' ', origin"
  })
  void validPartsOfTheHostNameAreKept(String host, String kept) {
    assertThat(DefaultName.of(host + "\n", services("h:1"), NO_PORT))
        .matches(kept + "-[0-9a-f]{8}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\0", "日本語", "😀", "a\nb", "../..", "%s", "-"})
  void nameIsValidForAnyHostName(String host) {
    for (int times : new int[] {1, 10, 100}) {
      assertThat(DefaultName.of(host.repeat(times), services("h:1"), NO_PORT))
          .matches("[A-Za-z0-9._-]{1,64}");
    }
  }

  @Test
  void longHostNameIsCutBeforeTheHash() {
    String host = "h".repeat(200);
    assertThat(DefaultName.of(host, services("h:1"), NO_PORT))
        .hasSize(64)
        .isNotEqualTo(DefaultName.of(host, services("h:2"), NO_PORT));
  }
}
