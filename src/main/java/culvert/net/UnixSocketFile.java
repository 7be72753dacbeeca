package culvert.net;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The file of a bound Unix socket. The socket is bound in a folder that only this user can enter,
 * and moved to its path once it has its mode: a process without the permission cannot connect at
 * any time.
 *
 * @param path where it is
 * @param key identifies the file, even if another process has replaced it
 * @param socket the socket, which connections reach through the file
 */
record UnixSocketFile(Path path, Object key, ServerSocketChannel socket) {

  private static final int BACKLOG = 4096;

  /** The bits of a file's mode that have its type, and their value for a socket. */
  private static final int TYPE_BITS = 0170000;

  private static final int SOCKET_TYPE = 0140000;

  private static final int RANDOM_CHARACTERS = 8;

  /** The longest path in the folder, after that of the folder around it. */
  private static final int MAX_BYTES_INSIDE = "/.c/s".length() + RANDOM_CHARACTERS;

  /** Maximum length in bytes of the path of the folder around the file. */
  static final int MAX_FOLDER_BYTES = UnixPath.MAX_BYTES - MAX_BYTES_INSIDE;

  /**
   * Binds a socket. A file that is a socket already is replaced if no process listens there, as
   * after the sudden end of the last one.
   *
   * @throws IOException naming the path, if it cannot be bound
   */
  static UnixSocketFile bind(UnixPath where, SocketMode mode) throws IOException {
    try {
      checkReplaceable(where.file());
      return bindInFolder(where.file(), mode);
    } catch (IOException e) {
      throw new IOException("cannot listen on " + where + ": " + reason(e), e);
    }
  }

  private static void checkReplaceable(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    if ((mode & TYPE_BITS) != SOCKET_TYPE) {
      throw new IOException("the file exists, and is not a socket");
    }
    if (isAnswering(path)) {
      throw new IOException("another process listens there");
    }
  }

  /**
   * Returns whether a process listens at the socket; does not wait for it to accept.
   *
   * @throws IOException if that cannot be found out, as with a full queue of connections
   */
  private static boolean isAnswering(Path path) throws IOException {
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.configureBlocking(false);
      probe.connect(UnixDomainSocketAddress.of(path));
      return true;
    } catch (ConnectException e) {
      return false;
    } catch (IOException e) {
      throw new IOException("another process may listen there: " + e.getMessage(), e);
    }
  }

  private static UnixSocketFile bindInFolder(Path path, SocketMode mode) throws IOException {
    Path folder = path.resolveSibling(".c" + random());
    Files.createDirectory(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try {
      Path inside = folder.resolve("s");
      ServerSocketChannel socket = open(inside);
      try {
        Files.setPosixFilePermissions(inside, mode.permissions());
        Object key = key(inside).orElseThrow();
        Files.move(inside, path, StandardCopyOption.ATOMIC_MOVE);
        return new UnixSocketFile(path, key, socket);
      } catch (IOException | RuntimeException e) {
        ListeningSockets.close(socket);
        Files.deleteIfExists(inside);
        throw e;
      }
    } finally {
      Files.deleteIfExists(folder);
    }
  }

  private static String random() {
    var text = new StringBuilder();
    for (int i = 0; i < RANDOM_CHARACTERS; i++) {
      text.append(Character.forDigit(ThreadLocalRandom.current().nextInt(36), 36));
    }
    return text.toString();
  }

  private static ServerSocketChannel open(Path inside) throws IOException {
    ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    Descriptors.PROCESS.opened();
    try {
      return socket.bind(UnixDomainSocketAddress.of(inside), BACKLOG);
    } catch (IOException | RuntimeException e) {
      ListeningSockets.close(socket);
      throw e;
    }
  }

  private static Optional<Object> key(Path path) throws IOException {
    return Optional.ofNullable(
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey());
  }

  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException none -> "its folder does not exist";
      case AccessDeniedException denied -> "no permission to create a file in its folder";
      case FileSystemException other when other.getReason() != null -> other.getReason();
      default -> e.getMessage();
    };
  }

  /** Removes the file, unless another process has replaced it; called before the socket closes. */
  void remove() {
    try {
      if (key(path).filter(key::equals).isPresent()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      // It was removed already, or stays until the next bind.
    }
  }
}
