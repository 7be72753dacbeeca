package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.UdpClient;
import culvert.testing.UdpServer;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tasks, deliveries and closed sockets of one loop take turns. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class DatagramLoopTest {

  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final List<Throwable> bugs = new CopyOnWriteArrayList<>();
  private final DatagramLoop loop = new DatagramLoop("udp", bugs::add);

  @AfterEach
  void close() {
    loop.close();
    assertThat(bugs).isEmpty();
  }

  /** Reports each datagram to an action of the test. */
  private record Handler(Runnable onDatagram) implements UdpSocket.Handler {
    @Override
    public void received(UdpSocket socket, InetSocketAddress source, ByteBuffer datagram) {
      onDatagram.run();
    }

    @Override
    public void failed(UdpSocket socket, IOException cause) {}
  }

  private static Handler ignoring() {
    return new Handler(() -> {});
  }

  /** Keeps the loop busy with tasks: each starts the next one. */
  private void runTasksWithoutEnd() throws IOException {
    loop.execute(
        new Runnable() {
          @Override
          public void run() {
            try {
              loop.execute(this);
            } catch (IOException e) {
              // The loop was closed.
            }
          }
        });
  }

  /** Stops the loop in a task until the latch is released. */
  private void stopUntil(CountDownLatch released) throws Exception {
    var stopped = new CountDownLatch(1);
    loop.execute(() -> {
      stopped.countDown();
      try {
        released.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    });
    stopped.await();
  }

  private List<UdpSocket> connect(UdpServer server, int count) throws IOException {
    var to = new InetSocketAddress(server.address().host(), server.address().port());
    var sockets = new ArrayList<UdpSocket>();
    for (int i = 0; i < count; i++) {
      sockets.add(UdpSocket.connect(to, loop, ignoring()));
    }
    return sockets;
  }

  /** Returns once all tasks so far were run, such as the registration of a socket. */
  private void awaitTasks() throws Exception {
    var done = new CountDownLatch(1);
    loop.execute(done::countDown);
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
  }

  /** Each new flow is a task: visitors decide how many there are. */
  @Test
  void endlessTasksDoNotStopTheDelivery() throws Exception {
    BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
    try (var listener = UdpListener.bind(ANY, loop)) {
      listener.start(new Handler(() -> received.add(1)));
      runTasksWithoutEnd();
      try (var client = new UdpClient(HostPort.of(listener.address()))) {
        client.send(new byte[1]);
        assertThat(received.poll(30, TimeUnit.SECONDS)).isNotNull();
      }
    }
  }

  @Test
  void endlessTasksDoNotKeepThePortOfAClosedSocket() throws Exception {
    try (var server = UdpServer.echo()) {
      UdpSocket socket = connect(server, 1).getFirst();
      awaitTasks();
      InetSocketAddress port = socket.local();
      runTasksWithoutEnd();
      socket.close();
      Eventually.within(LIMIT, () -> new DatagramSocket(port).close());
    }
  }

  @Test
  void descriptorOfAClosedSocketCountsUntilTheSystemHasIt() throws Exception {
    long before = Descriptors.PROCESS.sockets();
    var released = new CountDownLatch(1);
    try (var server = UdpServer.echo()) {
      UdpSocket socket = connect(server, 1).getFirst();
      awaitTasks();
      stopUntil(released);
      socket.close();
      assertThat(Descriptors.PROCESS.sockets()).isEqualTo(before + 1);
      released.countDown();
      Eventually.within(LIMIT, () -> assertThat(Descriptors.PROCESS.sockets()).isEqualTo(before));
    }
  }

  @Test
  void closedSocketsAreReleasedWhileManyOthersHaveDatagrams() throws Exception {
    var released = new CountDownLatch(1);
    var deliveries = new AtomicInteger();
    List<UdpSocket> sockets = new CopyOnWriteArrayList<>();
    BlockingQueue<Long> descriptors = new LinkedBlockingQueue<>();
    // The first delivery closes many sockets, which the second one finds released.
    var handler =
        new Handler(() -> {
          if (deliveries.getAndIncrement() == 0) {
            sockets.forEach(UdpSocket::close);
          }
          descriptors.add(Descriptors.PROCESS.sockets());
        });
    try (var server = UdpServer.echo();
        var first = UdpListener.bind(ANY, loop);
        var second = UdpListener.bind(ANY, loop)) {
      first.start(handler);
      second.start(handler);
      sockets.addAll(connect(server, DatagramLoop.MAX_CLOSED));
      awaitTasks();
      stopUntil(released);
      send(first);
      send(second);
      released.countDown();
      long atFirst = descriptors.poll(30, TimeUnit.SECONDS);
      long atSecond = descriptors.poll(30, TimeUnit.SECONDS);
      assertThat(atFirst - atSecond).isEqualTo(DatagramLoop.MAX_CLOSED);
    }
  }

  private static void send(UdpListener listener) throws IOException {
    try (var client = new UdpClient(HostPort.of(listener.address()))) {
      client.send(new byte[1]);
    }
  }

  @Test
  void cancelledTasksAreNotKept() throws Exception {
    var released = new CountDownLatch(1);
    var run = new AtomicInteger();
    stopUntil(released);
    List<Runnable> tasks = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      int number = i;
      tasks.add(() -> run.addAndGet(number));
      loop.execute(tasks.getLast());
    }
    tasks.subList(2, 1000).forEach(loop::cancel);
    assertThat(loop.waitingTasks()).isEqualTo(2);
    released.countDown();
    awaitTasks();
    assertThat(run).hasValue(1);
  }

  /** An empty datagram takes several system calls, which must not delay the link's reader. */
  @Test
  void emptyDatagramsBeyondAFewAreDropped() throws Exception {
    var released = new CountDownLatch(1);
    BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    try (var server =
            new UdpServer((source, datagram) -> {
              received.add(datagram);
              return null;
            });
        var socket = connect(server, 1).getFirst()) {
      awaitTasks();
      stopUntil(released);
      int sent = 0;
      for (int i = 0; i < 1000; i++) {
        sent += socket.send(ByteBuffer.allocate(0)) ? 1 : 0;
      }
      assertThat(sent).isEqualTo(UdpSocket.MAX_EMPTY);
      assertThat(loop.waitingTasks()).isEqualTo(1);
      released.countDown();
      for (int i = 0; i < sent; i++) {
        assertThat(received.poll(30, TimeUnit.SECONDS)).isEmpty();
      }
      assertThat(socket.send(ByteBuffer.wrap(new byte[] {7}))).isTrue();
      assertThat(received.poll(30, TimeUnit.SECONDS)).containsExactly(7);
    }
  }
}
