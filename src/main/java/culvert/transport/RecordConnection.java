package culvert.transport;

import culvert.net.BufferPool;
import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.net.Threads;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A connection whose bytes travel as records of a transport over another connection. What it counts
 * as received and sent are the carrier's bytes: any of them is a sign of life.
 */
public final class RecordConnection implements Connection {

  /** The longest record, its header included, in bytes: a large buffer always holds one. */
  static final int MAX_RECORD_BYTES = 96 * 1024;

  /**
   * What a stranger's record may have, in bytes: enough for one of TLS (RFC 8446, 5.2), and far
   * more than a login needs.
   */
  static final int MAX_UNAUTHENTICATED_RECORD_BYTES = 20 * 1024;

  /** Records without payload in a row that a peer may send in a minute. */
  private static final int MAX_EMPTY = 1024;

  private static final long MINUTE_NANOS = 60_000_000_000L;

  /** Records no longer than this are sealed in a buffer of their own. */
  private static final int SMALL_BYTES = 4 * 1024;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Connection carrier;
  private final RecordEncoder sealer;
  private final RecordDecoder opener;
  private final BufferPool pool;
  private final int idleBytes;
  private final byte[] binding;
  private final Input input;
  private final Output output = new Output();
  private volatile CloseCause trouble;
  private volatile boolean trusted;

  /**
   * Wraps a carrier whose handshake is done.
   *
   * @param early what was read from the carrier beyond the handshake; is copied
   * @param idleBytes how large a buffer a waiting reader holds: what a usual read brings
   */
  public RecordConnection(
      Connection carrier,
      RecordEncoder sealer,
      RecordDecoder opener,
      ByteBuffer early,
      BufferPool pool,
      int idleBytes) {
    this(carrier, sealer, opener, early, pool, idleBytes, carrier.channelBinding());
  }

  /** The same, with a {@link #binding} of its own. */
  public RecordConnection(
      Connection carrier,
      RecordEncoder sealer,
      RecordDecoder opener,
      ByteBuffer early,
      BufferPool pool,
      int idleBytes,
      byte[] binding) {
    this.carrier = carrier;
    this.sealer = sealer;
    this.opener = opener;
    this.pool = pool;
    this.idleBytes = idleBytes;
    this.binding = binding;
    this.input = new Input(early);
  }

  /** See {@link Transport#setAuthenticated}. */
  public void setAuthenticated() {
    trusted = true;
    Transport.setAuthenticated(carrier);
  }

  /** For a record that the small buffer has no room for. */
  private ByteBuffer borrow() {
    return trusted ? pool.borrow() : ByteBuffer.allocate(MAX_UNAUTHENTICATED_RECORD_BYTES);
  }

  @Override
  public Connection underlying() {
    return carrier.underlying();
  }

  @Override
  public ByteInput input() {
    return input;
  }

  @Override
  public ByteOutput output() {
    return output;
  }

  @Override
  public void closeOutput() throws IOException {
    output.end();
  }

  @Override
  public void reset() {
    carrier.reset();
    input.abandon();
  }

  @Override
  public void close() {
    carrier.close();
    input.abandon();
  }

  @Override
  public void resetOnDeath() throws IOException {
    carrier.resetOnDeath();
  }

  @Override
  public byte[] channelBinding() {
    return binding.clone();
  }

  @Override
  public InetSocketAddress peer() {
    return carrier.peer();
  }

  @Override
  public InetSocketAddress local() {
    return carrier.local();
  }

  @Override
  public long received() {
    return carrier.received();
  }

  @Override
  public long sent() {
    return carrier.sent();
  }

  @Override
  public Optional<CloseCause> closeCause() {
    return carrier.closeCause().or(() -> Optional.ofNullable(trouble));
  }

  @Override
  public void onBroken(Runnable action) {
    carrier.onBroken(action);
  }

  private final class Input extends ByteInput {

    /** Held by the reader for as long as it is in here, and by whoever gives the buffers back. */
    private final AtomicBoolean busy = new AtomicBoolean();

    private volatile boolean abandoned;

    /** What has come and was not opened, ready to be read; from the pool once much comes. */
    private ByteBuffer records = NOTHING;

    private boolean grown;
    private int empty;
    private long emptySinceNanos;

    /** Payload of a record that the last target had no room for. */
    private ByteBuffer aside;

    private boolean filled;
    private boolean ended;

    /** What broke it: told behind what was good, and to whoever asks again. */
    private IOException fault;

    Input(ByteBuffer early) {
      if (early.hasRemaining()) {
        int room = Math.max(idleBytes, early.remaining());
        records = ByteBuffer.allocate(room).put(early).flip();
      }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      if (abandoned || !busy.compareAndSet(false, true)) {
        throw new IOException("Connection closed");
      }
      boolean right = false;
      try {
        int n = next(target);
        right = n >= 0;
        return n;
      } catch (IOException e) {
        if (carrier.closeCause().isEmpty()) {
          trouble = CloseCause.RESET;
        }
        fault = e;
        throw e;
      } finally {
        if (!right) {
          ended = true;
          giveBack();
        }
        busy.set(false);
        if (abandoned) {
          abandon();
        }
      }
    }

    private int next(ByteBuffer target) throws IOException {
      if (fault != null) {
        throw fault;
      }
      for (; ; ) {
        if (aside != null) {
          return fromAside(target);
        }
        if (ended) {
          return -1;
        }
        int n = open(target);
        if (n > 0) {
          return n;
        }
        if (!ended && aside == null) {
          fill();
        }
      }
    }

    /** Opens records for as long as their payload fits; returns how many bytes of it came. */
    private int open(ByteBuffer target) throws IOException {
      int start = target.position();
      for (; ; ) {
        int before = target.position();
        RecordDecoder.Result step;
        try {
          step = opener.decode(records, target);
        } catch (IOException e) {
          if (target.position() == start) {
            throw e;
          }
          fault = e;
          return target.position() - start;
        }
        if (sealer.hasPending()) {
          output.settle();
        }
        switch (step) {
          case DECODED -> countEmpty(target.position() - before);
          case INCOMPLETE -> {
            return target.position() - start;
          }
          case TARGET_TOO_SMALL -> {
            if (target.position() == start) {
              openAside();
            }
            if (target.position() > start || aside != null || ended) {
              return target.position() - start;
            }
          }
          case ENDED -> {
            ended();
            return target.position() - start;
          }
        }
      }
    }

    /** Opens the next record, which may bring payload, none, or the end, where there is room. */
    private void openAside() throws IOException {
      aside = borrow();
      if (opener.decode(records, aside) == RecordDecoder.Result.ENDED) {
        ended();
      } else if (sealer.hasPending()) {
        output.settle();
      }
      if (!aside.flip().hasRemaining()) {
        pool.release(aside);
        aside = null;
      }
    }

    /** Whoever is told of the end may close, so what is owed goes first, if nobody is writing. */
    private void ended() {
      ended = true;
      if (sealer.hasPending()) {
        output.sendOwedUnlessBusy();
      }
    }

    /** What carries nothing costs its sender nothing but this. */
    private void countEmpty(int payload) throws ProtocolException {
      if (payload > 0) {
        empty = 0;
        return;
      }
      long now = System.nanoTime();
      if (empty == 0 || now - emptySinceNanos > MINUTE_NANOS) {
        empty = 0;
        emptySinceNanos = now;
      }
      if (++empty > MAX_EMPTY) {
        throw new ProtocolException("the peer sent " + MAX_EMPTY + " records that carry nothing");
      }
    }

    private int fromAside(ByteBuffer target) {
      int n = Math.min(aside.remaining(), target.remaining());
      target.put(target.position(), aside, aside.position(), n);
      target.position(target.position() + n);
      aside.position(aside.position() + n);
      if (!aside.hasRemaining()) {
        pool.release(aside);
        aside = null;
      }
      return n;
    }

    private void fill() throws IOException {
      makeRoom();
      int n = carrier.input().read(records);
      filled = !records.hasRemaining();
      records.flip();
      if (n < 0) {
        opener.onCarrierEnd(records.hasRemaining());
        ended = true;
      }
    }

    /** A small buffer while little comes, a large one while much does or a record needs it. */
    private void makeRoom() throws IOException {
      int left = records.remaining();
      boolean large = filled || left >= idleBytes;
      if (large && (!grown || trusted && records.capacity() == MAX_UNAUTHENTICATED_RECORD_BYTES)) {
        records = borrow().put(records);
        grown = true;
      } else if (left == 0 && !large && (records.capacity() == 0 || grown && nothingWaits())) {
        giveBackRecords();
        records = ByteBuffer.allocate(idleBytes);
      } else {
        records.compact();
        if (!records.hasRemaining()) {
          throw new ProtocolException("a record longer than may come before a login");
        }
      }
    }

    private boolean nothingWaits() throws IOException {
      return carrier.input().available() == 0;
    }

    @Override
    public int available() throws IOException {
      int here = records.remaining() + (aside == null ? 0 : aside.remaining());
      return here > 0 ? here : carrier.input().available();
    }

    @Override
    public long transferTo(OutputStream out) throws IOException {
      return copyTo(out, pool);
    }

    /** The connection was closed: nobody will read the rest. */
    void abandon() {
      abandoned = true;
      if (busy.compareAndSet(false, true)) {
        giveBack();
        ended = true;
      }
    }

    private void giveBack() {
      giveBackRecords();
      if (aside != null) {
        pool.release(aside);
        aside = null;
      }
    }

    private void giveBackRecords() {
      if (grown) {
        pool.release(records);
        grown = false;
      }
      records = NOTHING;
    }
  }

  private final class Output extends ByteOutput {

    /** Held while writing: the writer, and now and then whoever sends what is owed. */
    private final ReentrantLock lock = new ReentrantLock();

    private final AtomicBoolean settling = new AtomicBoolean();
    private boolean closed;

    @Override
    public void write(ByteBuffer source) throws IOException {
      lock.lock();
      try {
        if (closed) {
          throw new IOException("the output is closed");
        }
        while (source.hasRemaining()) {
          writeSome(source);
        }
      } finally {
        lock.unlock();
      }
    }

    private void writeSome(ByteBuffer source) throws IOException {
      int bound = sealer.maxEncodedBytes(source.remaining());
      ByteBuffer records = bound <= SMALL_BYTES ? ByteBuffer.allocate(bound) : pool.borrow();
      try {
        if (sealer.hasPending()) {
          sealer.encodePending(records);
        }
        sealer.encode(source, records);
        carrier.output().write(records.flip());
      } finally {
        pool.release(records);
      }
    }

    void end() throws IOException {
      lock.lock();
      try {
        if (closed) {
          return;
        }
        closed = true;
        ByteBuffer records = ByteBuffer.allocate(Math.max(SMALL_BYTES, sealer.maxEncodedBytes(0)));
        boolean closes = sealer.encodeEnd(records);
        if (records.flip().hasRemaining()) {
          carrier.output().write(records);
        }
        if (closes) {
          carrier.closeOutput();
        }
      } finally {
        lock.unlock();
      }
    }

    /** Sends what is owed, in a thread of its own: the reader must not wait for the writer. */
    void settle() {
      if (settling.compareAndSet(false, true)) {
        Threads.start("answer to " + carrier.peer(), this::sendOwed);
      }
    }

    /** Whoever is writing sends it with what comes next. */
    void sendOwedUnlessBusy() {
      if (lock.tryLock()) {
        try {
          sendOwed();
        } finally {
          lock.unlock();
        }
      }
    }

    private void sendOwed() {
      lock.lock();
      try {
        settling.set(false);
        if (sealer.hasPending()) {
          ByteBuffer records =
              ByteBuffer.allocate(Math.max(SMALL_BYTES, sealer.maxEncodedBytes(0)));
          sealer.encodePending(records);
          carrier.output().write(records.flip());
        }
      } catch (IOException e) {
        // Whoever reads or writes next is told.
      } finally {
        lock.unlock();
      }
    }
  }
}
