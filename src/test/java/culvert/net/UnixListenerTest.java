package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.UnixClient;
import culvert.testing.UnixServer;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Listeners at Unix sockets, and their files. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class UnixListenerTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  @TempDir private Path folder;

  private final BufferPool pool = new BufferPool();
  private Path path;

  @BeforeEach
  void name() {
    path = folder.resolve("web.sock");
  }

  /** Every connection has ended, and no other file is left. */
  @AfterEach
  void check() throws Exception {
    Eventually.within(LIMIT, () -> assertThat(pool.budget().held()).isZero());
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.filter(file -> !file.equals(path))).isEmpty();
    }
  }

  private UnixListener bind(Path where, String mode) throws IOException {
    return UnixListener.bind(
        new UnixPath(where.toString()), SocketMode.parse(mode), "test", pool, new Echo());
  }

  private UnixListener listen() throws IOException {
    UnixListener listener = bind(path, "600");
    listener.start();
    return listener;
  }

  @Test
  void connectionsAreAccepted() throws Exception {
    try (var listener = listen();
        var one = new UnixClient(path);
        var two = new UnixClient(path)) {
      assertThat(listener.path()).hasToString("unix:" + path);
      one.assertEchoes("hello");
      two.assertEchoes("hello");
      one.assertEchoes("again");
    }
  }

  @Test
  void fileHasItsMode() throws Exception {
    for (String mode : new String[] {"600", "666"}) {
      try (var listener = bind(path, mode)) {
        assertThat(
                PosixFilePermissions.toString(
                    Files.getPosixFilePermissions(listener.path().file())))
            .isEqualTo(mode.equals("600") ? "rw-------" : "rw-rw-rw-");
      }
    }
  }

  @Test
  void closeRemovesTheFileAndLeavesConnections() throws Exception {
    var listener = listen();
    try (var client = new UnixClient(path)) {
      client.assertEchoes("before");
      listener.close();
      assertThat(path).doesNotExist();
      client.assertEchoes("after");
    }
  }

  /** The number of a removed file may be that of the next one. */
  @Test
  void secondCloseLeavesTheFileOfAnotherListener() throws Exception {
    var first = listen();
    first.close();
    try (var second = listen()) {
      first.close();
      assertThat(second.path().file()).exists();
    }
  }

  @Test
  void closeLeavesAFileThatHasReplacedItsOwn() throws Exception {
    var listener = listen();
    Files.delete(path);
    Files.writeString(path, "other");
    listener.close();
    assertThat(path).hasContent("other");
  }

  /** A process that ends suddenly leaves its file. */
  @Test
  void socketAtWhichNoProcessListensIsReplaced() throws Exception {
    try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(path));
    }
    assertThat(path).exists();
    try (var listener = listen();
        var client = new UnixClient(listener.path().file())) {
      client.assertEchoes("hello");
    }
  }

  @Test
  void socketAtWhichAProcessListensIsNotReplaced() throws Exception {
    try (var other = UnixServer.echo(path);
        var client = new UnixClient(path)) {
      assertThatThrownBy(this::listen)
          .hasMessage("cannot listen on " + other.address() + ": another process listens there");
      client.assertEchoes("still here");
      try (var next = new UnixClient(path)) {
        next.assertEchoes("also here");
      }
    }
  }

  /** Its process may be busy: the queue of connections is full. */
  @Test
  void socketWithAFullQueueIsNotReplaced() throws Exception {
    try (var busy = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      busy.bind(UnixDomainSocketAddress.of(path), 1);
      try (var one = new UnixClient(path);
          var two = new UnixClient(path)) {
        one.send("waits");
        two.send("waits too");
        assertThatThrownBy(this::listen).hasMessageContaining("another process may listen there");
      }
    }
    assertThat(path).exists();
  }

  @Test
  void otherFilesAreNotReplaced() throws Exception {
    Files.writeString(path, "text");
    assertThatThrownBy(this::listen)
        .hasMessage("cannot listen on unix:" + path + ": the file exists, and is not a socket");
    assertThat(path).hasContent("text");
    Files.delete(path);
    Files.createSymbolicLink(path, folder.resolve("nowhere"));
    assertThatThrownBy(this::listen).hasMessageContaining("is not a socket");
  }

  @Test
  void missingFolderIsNamed() {
    Path missing = folder.resolve("none").resolve("web.sock");
    assertThatThrownBy(() -> bind(missing, "600"))
        .hasMessage("cannot listen on unix:" + missing + ": its folder does not exist");
  }

  @Test
  void longestFolderCanBeBound() throws Exception {
    int free = UnixListener.MAX_FOLDER_BYTES - folder.toString().length();
    Path longest = Files.createDirectory(folder.resolve("x".repeat(free - 1)));
    Path inside = longest.resolve("s");
    assertThat(UnixListener.canBind(new UnixPath(inside.toString()))).isTrue();
    bind(inside, "600").close();
    Files.delete(longest);
    assertThat(UnixListener.canBind(new UnixPath(longest + "y/s"))).isFalse();
  }

  /** Sends every byte back. */
  private static final class Echo implements Listener.Handler<Connection> {
    @Override
    public void handle(Connection connection) {
      try (connection) {
        assertThat(UnixPeer.name(connection.peer())).isEqualTo("unix:");
        connection.input().transferTo(connection.output());
      } catch (IOException e) {
        connection.reset();
      }
    }

    @Override
    public void acceptFailed(IOException cause, Duration pause, boolean first) {
      throw new AssertionError(cause);
    }
  }
}
