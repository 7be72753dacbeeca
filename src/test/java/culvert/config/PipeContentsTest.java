package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.net.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files that can be read only once, because a second open blocks. */
@Timeout(20)
class PipeContentsTest {

  private static final Path MAKE_FIFO = Path.of("/usr/bin/mkfifo");

  @TempDir private Path folder;

  private static Path fifo(Path file) throws Exception {
    assumeTrue(Files.isExecutable(MAKE_FIFO));
    var made = new ProcessBuilder(MAKE_FIFO.toString(), file.toString()).inheritIO().start();
    assertThat(made.waitFor()).isZero();
    return file;
  }

  private static byte[] read(Path file) {
    return SettingFile.bytes("--secret-file", file, 4096);
  }

  @Test
  void fifoIsReadOnceAndItsContentKept() throws Exception {
    Path fifo = fifo(folder.resolve("secret"));
    Thread writer = Threads.start("writer", () -> write(fifo));
    assertThat(read(fifo)).asString().isEqualTo("a secret");
    writer.join();
    assertThat(read(fifo)).as("again, without a writer").asString().isEqualTo("a secret");
    assertThat(PipeContents.files()).contains(fifo);
    assertThatThrownBy(() -> SettingFile.bytes("--secret-file", fifo, 3))
        .hasMessageContaining("exceeds 3 bytes");
    Files.delete(fifo);
    assertThat(read(fifo)).as("a pipe that is gone").asString().isEqualTo("a secret");
    Files.writeString(fifo, "a file");
    assertThat(read(fifo)).as("a regular file in its place").asString().isEqualTo("a file");
  }

  private static void write(Path fifo) {
    try {
      Files.writeString(fifo, "a secret");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void fifoInPlaceOfARegularFileIsRejectedWithoutBlocking() throws Exception {
    Path file = Files.writeString(folder.resolve("secret"), "a secret");
    assertThat(read(file)).asString().isEqualTo("a secret");
    Files.delete(file);
    fifo(file);
    assertThatThrownBy(() -> read(file))
        .hasMessage("--secret-file " + file + ": it was a regular file and is not any more");
  }
}
