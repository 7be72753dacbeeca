package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An image whose AOT cache is not the one that the build wrote: it starts without the cache. */
@Timeout(120)
class DamagedCacheIT {

  private static final Path GOOD = RoleProcess.IMAGE.resolve("lib/culvert.aot");
  private static final int DAMAGED_BYTES = 16;

  @TempDir private static Path folder;

  private static Path image;
  private static Path cache;

  @BeforeAll
  static void copyImage() throws Exception {
    assumeTrue(Files.exists(GOOD), "the JDK of this image has no AOT cache");
    image = folder.resolve("image");
    cache = image.resolve("lib/culvert.aot");
    assertThat(RoleProcess.run("cp", "-r", RoleProcess.IMAGE.toString(), image.toString()).exit())
        .isZero();
  }

  @BeforeEach
  void restoreCache() throws IOException {
    Files.copy(GOOD, cache, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Header, regions, and the last bytes; a JVM crashes on some of these files. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.01, 0.2, 0.35, 0.6, 0.95, 1})
  void startsIfBytesAreDamagedAt(double fraction) throws Exception {
    flipBytes(fraction);
    assertStarts();
  }

  @Test
  void startsIfTheCacheIsTruncated() throws Exception {
    truncate(Files.size(GOOD) / 2);
    assertStarts();
  }

  @Test
  void startsIfTheCacheIsEmpty() throws Exception {
    truncate(0);
    assertStarts();
  }

  @Test
  void startsIfTheCacheIsMissing() throws Exception {
    Files.delete(cache);
    assertStarts();
  }

  @Test
  void startsIfTheCacheIsAnotherFile() throws Exception {
    Files.copy(image.resolve("lib/modules"), cache, StandardCopyOption.REPLACE_EXISTING);
    assertStarts();
  }

  @Test
  void startsIfTheCacheIsThatOfAnotherImage() throws Exception {
    Path archive = Path.of(System.getProperty("java.home"), "lib/server/classes.jsa");
    assumeTrue(Files.exists(archive), "this JDK has no archive of its own");
    Files.copy(archive, cache, StandardCopyOption.REPLACE_EXISTING);
    assertStarts();
  }

  @Test
  void tunnelWorksWithoutTheCache() throws Exception {
    flipBytes(0.2);
    RoleProcess.Ended demo = RoleProcess.run(launcher(), "demo", "--once");
    assertThat(demo.exit()).as(demo.err()).isZero();
    assertThat(demo.err()).isEmpty();
  }

  private static void flipBytes(double fraction) throws IOException {
    try (var file = FileChannel.open(cache, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long position = (long) ((file.size() - DAMAGED_BYTES) * fraction);
      ByteBuffer bytes = ByteBuffer.allocate(DAMAGED_BYTES);
      file.read(bytes, position);
      for (int i = 0; i < DAMAGED_BYTES; i++) {
        bytes.put(i, (byte) ~bytes.get(i));
      }
      file.write(bytes.flip(), position);
    }
  }

  private static void truncate(long length) throws IOException {
    try (var file = FileChannel.open(cache, StandardOpenOption.WRITE)) {
      file.truncate(length);
    }
  }

  private static void assertStarts() throws Exception {
    RoleProcess.Ended ended = RoleProcess.run(launcher(), "--version");
    assertThat(ended.exit()).as(ended.out() + ended.err()).isZero();
    assertThat(ended.out()).isEqualTo("culvert 0.1.0\n");
    assertThat(ended.err()).isEmpty();
  }

  private static String launcher() {
    return image.resolve("bin/culvert").toString();
  }
}
