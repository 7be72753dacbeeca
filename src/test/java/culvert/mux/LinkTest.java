package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.CloseCause;
import culvert.protocol.StreamRefusedReason;
import culvert.protocol.StreamResetReason;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.MemoryPipe;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A stream's life on a link: open, bytes, half-close, reset, and the link's end. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class LinkTest {

  private static final Duration LIMIT = LinkPair.LIMIT;
  private static final int MEGABYTE = 1 << 20;

  /** Sends back what comes, and half-closes when the other side does. */
  static void echo(MuxStream stream) {
    try {
      stream.input().transferTo(stream.output());
      stream.closeOutput();
    } catch (IOException e) {
      stream.reset();
    }
  }

  @Test
  void echoedStreamIsUnregisteredOnBothSides() throws Exception {
    try (var pair = Loopback.open();
        var links = new LinkPair(pair.near(), pair.far(), LinkTest::echo)) {
      MuxStream stream = links.open();
      stream.output().write("hello".getBytes());
      stream.closeOutput();
      assertThat(stream.input().readAllBytes()).asString().isEqualTo("hello");
      assertThat(stream.sent()).isEqualTo(5);
      assertThat(stream.received()).isEqualTo(5);
      links.assertNothingHeld();
    }
  }

  @Test
  void framesSplitAtAnyByteDecodeEqually() throws Exception {
    var pipe = new MemoryPipe(64, 1);
    try (var links = new LinkPair(pipe.near(), pipe.far(), LinkTest::echo)) {
      for (int i = 0; i < 20; i++) {
        MuxStream stream = links.open();
        stream.output().write(new byte[300]);
        stream.closeOutput();
        assertThat(stream.input().readAllBytes()).hasSize(300);
      }
      links.assertNothingHeld();
    }
  }

  @Test
  void bytesFromServerThatSendsFirstArriveAtOnce() throws Exception {
    var done = new CountDownLatch(1);
    try (var pair = Loopback.open();
        var links =
            new LinkPair(
                pair.near(),
                pair.far(),
                stream -> {
                  try {
                    stream.output().write("220 ready\r\n".getBytes());
                    done.await();
                    stream.closeOutput();
                  } catch (IOException | InterruptedException e) {
                    stream.reset();
                  }
                })) {
      MuxStream stream = links.open();
      assertThat(stream.input().readNBytes(11)).asString().isEqualTo("220 ready\r\n");
      done.countDown();
      assertThat(stream.input().read()).isEqualTo(-1);
      stream.closeOutput();
      links.assertNothingHeld();
    }
  }

  @Test
  void halfCloseIsForwardedAndOtherDirectionContinues() throws Exception {
    try (var pair = Loopback.open();
        var links =
            new LinkPair(
                pair.near(),
                pair.far(),
                stream -> {
                  try {
                    byte[] question = stream.input().readAllBytes();
                    stream.output().write(new byte[MEGABYTE + question.length]);
                    stream.closeOutput();
                  } catch (IOException e) {
                    stream.reset();
                  }
                })) {
      MuxStream stream = links.open();
      stream.output().write(new byte[7]);
      stream.closeOutput();
      assertThat(stream.input().readAllBytes()).hasSize(MEGABYTE + 7);
      links.assertNothingHeld();
    }
  }

  @Test
  void resetIsAnErrorAtThePeer() throws Exception {
    var failed = new CompletableFuture<CloseCause>();
    try (var pair = Loopback.open();
        var links =
            new LinkPair(
                pair.near(),
                pair.far(),
                stream -> {
                  try {
                    stream.input().readAllBytes();
                    failed.complete(null);
                  } catch (IOException e) {
                    failed.complete(stream.closeCause().orElseThrow());
                  }
                })) {
      MuxStream stream = links.open();
      stream.output().write(new byte[10]);
      stream.reset(StreamResetReason.TIMED_OUT);
      assertThat(failed.get(30, TimeUnit.SECONDS)).isEqualTo(CloseCause.TIMED_OUT);
      assertThatThrownBy(() -> stream.output().write(1)).isInstanceOf(IOException.class);
      links.assertNothingHeld();
    }
  }

  @Test
  void refusalCarriesItsReason() throws Exception {
    try (var pair = Loopback.open();
        var links = new LinkPair(pair.near(), pair.far(), LinkTest::echo)) {
      links.refuseNext("127.0.0.1:8000: Connection refused");
      MuxStream stream = links.begin();
      assertThat(stream.awaitAnswer(LIMIT)).isEqualTo(MuxStream.Answer.REFUSED);
      assertThat(stream.refusal().reason()).isEqualTo(StreamRefusedReason.ORIGIN_REFUSED);
      assertThat(stream.refusal().text()).isEqualTo("127.0.0.1:8000: Connection refused");
      assertThatThrownBy(() -> stream.input().read()).isInstanceOf(IOException.class);
      links.assertNothingHeld();
    }
  }

  @Test
  void lossOfLinkFailsEveryStream() throws Exception {
    var pipe = new MemoryPipe(256, 256);
    try (var links = new LinkPair(pipe.near(), pipe.far(), stream -> {})) {
      MuxStream open = links.open();
      MuxStream waiting = links.begin();
      pipe.near().reset();
      assertThatThrownBy(() -> open.input().read()).isInstanceOf(IOException.class);
      assertThat(waiting.awaitAnswer(LIMIT)).isEqualTo(MuxStream.Answer.LOST);
      assertThat(open.closeCause()).contains(CloseCause.LINK_LOST);
      Eventually.within(
          LIMIT, () -> assertThatThrownBy(links::begin).isInstanceOf(IOException.class));
      links.assertNothingHeld();
    }
  }

  @Test
  void brokenActionRunsWhileNoThreadReads() throws Exception {
    var told = new CountDownLatch(1);
    var opened = new CompletableFuture<MuxStream>();
    try (var pair = Loopback.open();
        var links = new LinkPair(pair.near(), pair.far(), opened::complete)) {
      MuxStream stream = links.open();
      opened.get(30, TimeUnit.SECONDS).onBroken(told::countDown);
      stream.reset();
      assertThat(told.await(30, TimeUnit.SECONDS)).isTrue();
      links.assertNothingHeld();
    }
  }

  @Test
  void openIsDelayedUntilFirstPayload() throws Exception {
    var pipe = new MemoryPipe(4096, 4096);
    try (var links = new LinkPair(pipe.near(), pipe.far(), LinkTest::echo)) {
      links.open().reset();
      links.assertNothingHeld();
      long before = pipe.near().sent();
      MuxStream stream = links.begin();
      assertThat(pipe.near().sent()).as("nothing is written by the open alone").isEqualTo(before);
      stream.output().write(new byte[5]);
      stream.closeOutput();
      assertThat(stream.input().readAllBytes()).hasSize(5);
      links.assertNothingHeld();
    }
  }
}
