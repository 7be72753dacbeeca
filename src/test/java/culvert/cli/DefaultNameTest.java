package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ServiceAddress;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who an origin proxy is that was given no name. */
class DefaultNameTest {

  private static List<ServiceAddress> services(String... texts) {
    return Stream.of(texts).map(ServiceAddress::parse).toList();
  }

  private static String name(String... services) {
    return DefaultName.of("laptop", services(services));
  }

  @Test
  void aRestartKeepsTheName() {
    assertThat(DefaultName.of(services("web=h:80")))
        .isEqualTo(DefaultName.of(services("web=h:80")));
    assertThat(name("h:80")).as("also one of another version").isEqualTo("laptop-dc33c065");
  }

  @Test
  void theOrderOfTheServicesDoesNotMatter() {
    assertThat(name("a=h:1", "b=h:2")).isEqualTo(name("b=h:2", "a=h:1"));
  }

  @Test
  void aServiceWithoutANameIsTheDefault() {
    assertThat(name("h:80")).isEqualTo(name("default=h:80"));
  }

  @Test
  void aProcessForOtherServicesHasAnotherName() {
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

  @Test
  void aProcessOnAnotherHostHasAnotherName() {
    assertThat(name("h:1")).isNotEqualTo(DefaultName.of("desktop", services("h:1")));
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
  void aHostsNameIsKeptAsFarAsItIsOne(String host, String kept) {
    assertThat(DefaultName.of(host + "\n", services("h:1"))).matches(kept + "-[0-9a-f]{8}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\0", "日本語", "😀", "a\nb", "../..", "%s", "-"})
  void howeverOddTheHostTheNameIsOne(String host) {
    for (int times : new int[] {1, 10, 100}) {
      assertThat(DefaultName.of(host.repeat(times), services("h:1")))
          .matches("[A-Za-z0-9._-]{1,64}");
    }
  }

  @Test
  void aLongHostsNameLeavesRoomForTheServices() {
    String host = "h".repeat(200);
    assertThat(DefaultName.of(host, services("h:1")))
        .hasSize(64)
        .isNotEqualTo(DefaultName.of(host, services("h:2")));
  }
}
