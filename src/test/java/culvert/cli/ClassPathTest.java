package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Culvert on the class path, outside its module. */
class ClassPathTest {

  @Test
  void versionIsPrintedOutsideTheModule() throws Exception {
    ClassPathRun run = ClassPathRun.of(List.of(), "--version");
    assertThat(run.output()).matches("culvert \\d+\\.\\d+\\.\\d+\\S*\n");
    assertThat(run.exit()).isZero();
  }
}
