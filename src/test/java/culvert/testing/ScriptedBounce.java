package culvert.testing;

import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.net.Live;
import culvert.net.SocketConnection;
import culvert.protocol.BounceRefusal;
import culvert.protocol.BounceWire;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A bounce server written from the wire's description, for those who join: groups of two, whose end
 * is the end of both. What the first one says is held for the second.
 */
public final class ScriptedBounce implements Listener.Handler, AutoCloseable {

  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  private static final int DIGITS = 4;
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Listener listener;
  private final byte[] authentication;
  private final BounceWire wire;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Integer, Pair> pairs = new HashMap<>();
  private final Live<Connection> members = new Live<>();
  private final List<Integer> joined = new CopyOnWriteArrayList<>();

  /** Two members, the second of which may be missing. */
  private static final class Pair {
    private final Connection first;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private Connection second;
    private int ended;

    Pair(Connection first) {
      this.first = first;
    }

    Connection other(Connection member) {
      return member == first ? second : first;
    }
  }

  /** On a free port of loopback, with the program's wire. */
  public ScriptedBounce(String authentication) throws IOException {
    this(ANY, authentication, BounceWire.PROGRAM);
  }

  /** At an address of one's choice. */
  public ScriptedBounce(HostPort where, String authentication, BounceWire wire) throws IOException {
    this.authentication = authentication.getBytes(StandardCharsets.UTF_8);
    this.wire = wire;
    this.listener = Listener.bind(where, "bounce", new BufferPool(), this);
    listener.start();
  }

  /** Where it listens. */
  public HostPort address() {
    return HostPort.of(listener.address());
  }

  /** The group of each that was let in so far, in their order. */
  public List<Integer> joined() {
    return List.copyOf(joined);
  }

  /** How many members there are now. */
  public int size() {
    return members.size();
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    // Whoever waits for it finds out.
  }

  @Override
  public void handle(SocketConnection member) {
    if (!members.add(member)) {
      member.reset();
      return;
    }
    int group = -1;
    try {
      group = admit(member);
      if (group >= 0) {
        carry(group, member);
      } else {
        member.close();
      }
    } catch (IOException e) {
      leave(group, member);
    } finally {
      members.remove(member);
    }
  }

  private int admit(Connection member) throws IOException {
    String end = wire == BounceWire.PROGRAM ? "\n" : "";
    say(member, DIGITS + "-BounceServer_1.0" + end);
    byte[] said = member.input().readNBytes(authentication.length);
    if (!Arrays.equals(said, authentication)) {
      say(member, BounceRefusal.AUTHENTICATION.toString());
      return -1;
    }
    byte[] number = member.input().readNBytes(DIGITS);
    int group = Integer.parseInt(new String(number, StandardCharsets.US_ASCII), 16);
    if (!enter(group, member)) {
      say(member, BounceRefusal.FULL.toString());
      return -1;
    }
    return group;
  }

  private boolean enter(int group, Connection member) throws IOException {
    lock.lock();
    try {
      Pair pair = pairs.get(group);
      if (pair != null && pair.second != null) {
        return false;
      }
      if (wire == BounceWire.PROGRAM) {
        say(member, "READY");
      }
      joined.add(group);
      if (pair == null) {
        pairs.put(group, new Pair(member));
      } else {
        pair.second = member;
        member.output().write(pair.held.toByteArray());
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void carry(int group, Connection member) throws IOException {
    byte[] piece = new byte[1 << 16];
    for (; ; ) {
      int n = member.input().read(piece);
      Connection other = hold(group, member, piece, n);
      if (other == null && n < 0) {
        leave(group, member);
        return;
      }
      if (other != null && n < 0) {
        other.closeOutput();
        half(group, member, other);
        return;
      }
      if (other != null) {
        other.output().write(piece, 0, n);
      }
    }
  }

  /** The other one, or null: then the bytes are held. */
  private Connection hold(int group, Connection member, byte[] piece, int n) throws IOException {
    lock.lock();
    try {
      Pair pair = pairs.get(group);
      if (pair == null) {
        throw new IOException("the other one has left");
      }
      Connection other = pair.other(member);
      if (other == null && n > 0) {
        pair.held.write(piece, 0, n);
      }
      return other;
    } finally {
      lock.unlock();
    }
  }

  private void half(int group, Connection member, Connection other) {
    lock.lock();
    try {
      Pair pair = pairs.get(group);
      if (pair != null && ++pair.ended == 2) {
        pairs.remove(group);
        member.close();
        other.close();
      }
    } finally {
      lock.unlock();
    }
  }

  private void leave(int group, Connection member) {
    lock.lock();
    try {
      Pair pair = pairs.get(group);
      if (pair != null && (pair.first == member || pair.second == member)) {
        pairs.remove(group);
        if (pair.other(member) != null) {
          pair.other(member).reset();
        }
      }
      member.reset();
    } finally {
      lock.unlock();
    }
  }

  private static void say(Connection member, String text) throws IOException {
    member.output().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Resets every member. */
  @Override
  public void close() {
    listener.close();
    members.end(Connection::reset);
    members.awaitEmpty(LIMIT);
  }
}
