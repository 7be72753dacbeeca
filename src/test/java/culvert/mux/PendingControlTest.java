package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Message;
import culvert.protocol.StreamResetReason;
import culvert.testing.Eventually;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Control frames that wait for a peer that does not read. */
class PendingControlTest {

  private final PendingControl control = new PendingControl();

  /** A peer that opens flows and does not read would otherwise hold all of them. */
  @Test
  void resetsThatWaitHoldNoFlows() throws Exception {
    WeakReference<MuxFlow> flow = resetFlow(7);
    Eventually.within(
        LinkPair.LIMIT,
        () -> {
          System.gc();
          assertThat(flow.get()).isNull();
        });
    ByteBuffer frames = control.encode(0).flip();
    Frame frame = Frame.read(frames);
    assertThat(frame.type()).isEqualTo(FrameType.RESET);
    assertThat(frame.stream()).isEqualTo(7);
    assertThat(Message.read(frame, frames)).isEqualTo(new Message.Reset(StreamResetReason.BROKEN));
  }

  private WeakReference<MuxFlow> resetFlow(long id) {
    var flow = new MuxFlow(null, id);
    control.reset(flow, StreamResetReason.BROKEN);
    return new WeakReference<>(flow);
  }

  @Test
  void resetsOfFlowsThatWaitAreLimited() throws Exception {
    for (int id = 1; id <= PendingControl.MAX_FLOW_RESETS + 1000; id++) {
      control.reset(new MuxFlow(null, id), StreamResetReason.TIMED_OUT);
    }
    int resets = 0;
    while (!control.isEmpty()) {
      resets += control.encode(0).position() / (Frame.HEADER_BYTES + 2);
    }
    assertThat(resets).isEqualTo(PendingControl.MAX_FLOW_RESETS);
  }
}
