package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** The first line of a remote proxy with several services. */
@ExtendWith(LeakCheck.class)
class FirstLineTest {

  @RepeatedTest(3)
  void servicesAreInTheOrderOfTheCommandLine() {
    var run =
        Cli.run(
            "remote-proxy",
            "--control-addr=127.0.0.1:0",
            "--outside-addr=d=127.0.0.1:0,a=127.0.0.1:0,c=127.0.0.1:0,b=127.0.0.1:0");
    assertThat(run.out().replaceAll("127\\.0\\.0\\.1:\\d+", "_"))
        .isEqualTo("remote-proxy: control _, outside d=_, a=_, c=_, b=_\n");
  }
}
