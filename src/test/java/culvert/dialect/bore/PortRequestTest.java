package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PortRequestTest {

  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  @Test
  void requestForAnyPortRepeatsTheAssignedOne() {
    var request = new PortRequest(0);
    assertThat(request.next()).isZero();
    request.assigned(4711);
    assertThat(request.next()).isEqualTo(4711);
  }

  @Test
  void portNeverAssignedIsNotRequestedAgain() {
    assertThat(new PortRequest(4711).rejectedAsInUse(0)).isFalse();
    assertThat(new PortRequest(80).rejectedAsForbidden()).isFalse();
  }

  @Test
  void assignedPortIsRequestedForOneMinuteThenAny() {
    var request = new PortRequest(0);
    request.assigned(4711);
    assertThat(request.rejectedAsInUse(5)).isTrue();
    assertThat(request.rejectedAsInUse(4 + MINUTE)).isTrue();
    assertThat(request.next()).isEqualTo(4711);
    assertThat(request.rejectedAsInUse(5 + MINUTE)).isTrue();
    assertThat(request.next()).isZero();
  }

  @Test
  void newAssignmentRestartsTheMinute() {
    var request = new PortRequest(0);
    request.assigned(4711);
    assertThat(request.rejectedAsInUse(0)).isTrue();
    request.assigned(4711);
    assertThat(request.rejectedAsInUse(2 * MINUTE)).isTrue();
    assertThat(request.next()).isEqualTo(4711);
  }

  @Test
  void fixedPortIsNeverReplaced() {
    var request = new PortRequest(4711);
    request.assigned(4711);
    assertThat(request.rejectedAsInUse(0)).isTrue();
    assertThat(request.rejectedAsInUse(2 * MINUTE)).isTrue();
    assertThat(request.rejectedAsForbidden()).isFalse();
    assertThat(request.next()).isEqualTo(4711);
  }

  @Test
  void forbiddenPortIsReplacedByAny() {
    var request = new PortRequest(0);
    request.assigned(4711);
    assertThat(request.rejectedAsForbidden()).isTrue();
    assertThat(request.next()).isZero();
    assertThat(request.rejectedAsForbidden()).isFalse();
  }
}
