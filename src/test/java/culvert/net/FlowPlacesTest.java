package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which flow a new one replaces. */
class FlowPlacesTest {

  private static final int MAX = 64;
  private static final int QUARTER = MAX / 4;
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final FlowPlaces<Flow> places = new FlowPlaces<>(MAX);
  private final FlowPlaces<Flow>.Share dns = places.share();
  private final FlowPlaces<Flow>.Share game = places.share();
  private final List<Flow> replaced = new ArrayList<>();
  private long now = System.nanoTime();

  /** A flow of a test. */
  private static final class Flow {
    final String name;
    FlowPlaces<Flow>.Place place;

    Flow(String name) {
      this.name = name;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static SourcePrefix source(int host) {
    try {
      byte[] address = {10, 0, (byte) (host >> 8), (byte) host};
      return SourcePrefix.of(InetAddress.getByAddress(address));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private Flow add(FlowPlaces<Flow>.Share share, int host) {
    var flow = new Flow("flow of " + host);
    flow.place = share.place(source(host), flow);
    flow.place.acquire().ifPresent(replaced::add);
    return flow;
  }

  private Flow addConfirmed(FlowPlaces<Flow>.Share share, int host) {
    Flow flow = add(share, host);
    flow.place.answered();
    flow.place.sent(now);
    return flow;
  }

  private List<Flow> add(FlowPlaces<Flow>.Share share, int host, int count) {
    var flows = new ArrayList<Flow>();
    for (int i = 0; i < count; i++) {
      flows.add(add(share, host));
    }
    return flows;
  }

  private List<Flow> addConfirmed(FlowPlaces<Flow>.Share share, int host, int count) {
    var flows = new ArrayList<Flow>();
    for (int i = 0; i < count; i++) {
      flows.add(addConfirmed(share, host));
    }
    return flows;
  }

  /** Adds a flow of each of the hosts, whose number begins with this one. */
  private List<Flow> addOfEach(FlowPlaces<Flow>.Share share, int firstHost, int count) {
    var flows = new ArrayList<Flow>();
    for (int i = 0; i < count; i++) {
      flows.add(add(share, firstHost + i));
    }
    return flows;
  }

  private List<Flow> addConfirmedOfEach(FlowPlaces<Flow>.Share share, int firstHost, int count) {
    var flows = new ArrayList<Flow>();
    for (int i = 0; i < count; i++) {
      flows.add(addConfirmed(share, firstHost + i));
    }
    return flows;
  }

  @Test
  void oldestFlowOfTheSourceWithMostIsReplaced() {
    List<Flow> most = add(dns, 1, 40);
    add(dns, 2, 24);
    add(dns, 3);
    add(dns, 1);
    assertThat(replaced).containsExactly(most.get(0), most.get(1));
    assertThat(places.used()).isEqualTo(MAX);
  }

  @Test
  void unconfirmedFlowsAreReplacedFirst() {
    List<Flow> kept = addConfirmedOfEach(dns, 1, MAX - QUARTER);
    List<Flow> flood = addOfEach(dns, 1000, 1000);
    assertThat(replaced).doesNotContainAnyElementsOf(kept);
    assertThat(replaced).isEqualTo(flood.subList(0, 1000 - QUARTER));
  }

  @Test
  void floodOfNewFlowsReplacesAQuarterOfTheConfirmedOnesOnly() {
    addConfirmedOfEach(dns, 1, MAX);
    addOfEach(dns, 1000, 1000);
    assertThat(replaced.stream().filter(flow -> flow.place.isAnswered())).hasSize(QUARTER);
  }

  /** Otherwise newcomers would replace each other at the few places that are not confirmed. */
  @Test
  void newFlowsStayThoughThreeSourcesHoldAllPlacesWithConfirmedOnes() {
    for (int host = 1; host <= 3; host++) {
      addConfirmed(dns, host, MAX / 3);
    }
    addConfirmed(dns, 1);
    List<Flow> newcomers = addOfEach(dns, 100, 10);
    assertThat(replaced).hasSize(10).doesNotContainAnyElementsOf(newcomers);
  }

  /** Each forged source sends a second datagram after an answer that it did not receive. */
  @Test
  void newFlowsStayThoughForgedSourcesHoldAllPlacesWithConfirmedOnes() {
    addConfirmedOfEach(dns, 1, MAX);
    List<Flow> newcomers = addOfEach(dns, 1000, QUARTER);
    addConfirmedOfEach(dns, 2000, 1);
    assertThat(replaced).doesNotContainAnyElementsOf(newcomers.subList(1, QUARTER));
  }

  @Test
  void confirmedFlowInUseOutlivesForgedOnes() {
    Flow used = addConfirmed(dns, 1);
    for (int i = 0; i < 10; i++) {
      addConfirmedOfEach(dns, 1000 + MAX * i, MAX / 2);
      now += 2 * SECOND;
      used.place.sent(now);
    }
    assertThat(replaced).isNotEmpty().doesNotContain(used);
  }

  @Test
  void sourceWithMoreThanAQuarterOfAllPlacesIsReplacedThoughConfirmed() {
    List<Flow> most = addConfirmed(dns, 1, QUARTER + 2);
    List<Flow> others = addOfEach(dns, 100, MAX - QUARTER - 2);
    addOfEach(dns, 1000, 3);
    assertThat(replaced).containsExactly(most.get(0), most.get(1), others.get(0));
  }

  /** All visitors have one source behind a translated address, such as that of a container. */
  @Test
  void floodOfTheOnlySourceReplacesUnconfirmedFlowsFirst() {
    List<Flow> kept = addConfirmed(dns, 1, MAX - QUARTER);
    add(dns, 1, 1000);
    assertThat(replaced).doesNotContainAnyElementsOf(kept);
  }

  @Test
  void confirmedFlowsOfASourceCountAgainstItsNewOnes() {
    addConfirmed(dns, 1, QUARTER);
    List<Flow> own = add(dns, 1, 2);
    List<Flow> few = addOfEach(dns, 100, MAX - QUARTER - 2);
    add(dns, 1000);
    add(dns, 1001);
    assertThat(replaced).isEqualTo(own).doesNotContainAnyElementsOf(few);
  }

  /** New flows can be forged, so that another source would lose its confirmed ones. */
  @Test
  void newFlowsOfASourceDoNotCountAgainstItsConfirmedOnes() {
    Flow victim = addConfirmed(dns, 1);
    List<Flow> others = addConfirmed(dns, 2, 2);
    addConfirmedOfEach(dns, 100, MAX - QUARTER + 1 - 3);
    add(dns, 1, QUARTER - 1);
    add(dns, 3);
    assertThat(replaced).containsExactly(others.get(0)).doesNotContain(victim);
  }

  @Test
  void serviceWithMostFlowsGivesPlacesToOthers() {
    List<Flow> most = addOfEach(dns, 1, MAX);
    add(game, 200);
    add(dns, 201);
    assertThat(replaced).containsExactly(most.get(0), most.get(1));
  }

  @Test
  void floodOfOneServiceLeavesTheConfirmedFlowsOfAnother() {
    List<Flow> kept = addConfirmedOfEach(game, 1, MAX - QUARTER);
    addOfEach(dns, 1000, 1000);
    assertThat(replaced).hasSize(1000 - QUARTER).doesNotContainAnyElementsOf(kept);
  }

  @Test
  void floodOfOneServiceLeavesNewFlowsOfAnother() {
    addOfEach(dns, 1000, 1000);
    List<Flow> newcomers = addOfEach(game, 1, 10);
    addOfEach(dns, 3000, 1000);
    assertThat(replaced).doesNotContainAnyElementsOf(newcomers);
  }

  @Test
  void flowThatEndedTwiceFreesOnePlace() {
    Flow ended = add(dns, 1);
    add(dns, 1);
    ended.place.release();
    ended.place.release();
    assertThat(places.used()).isEqualTo(1);
  }

  @Test
  void flowThatEndedBeforeItHadAPlaceTakesNone() {
    var flow = new Flow("ended");
    flow.place = dns.place(source(1), flow);
    flow.place.release();
    assertThat(flow.place.acquire()).isEmpty();
    flow.place.answered();
    flow.place.sent(now + 2 * SECOND);
    assertThat(places.used()).isZero();
  }

  @Test
  void flowIsConfirmedByADatagramAfterAnAnswerOnly() {
    Flow flow = add(dns, 1);
    flow.place.sent(now + 2 * SECOND);
    flow.place.answered();
    assertThat(flow.place.isConfirmed()).isFalse();
    flow.place.sent(now + 2 * SECOND);
    assertThat(flow.place.isConfirmed()).isTrue();
    flow.place.release();
    assertThat(flow.place.isConfirmed()).isFalse();
  }

  @Test
  void onePlaceIsShared() {
    var one = new FlowPlaces<Flow>(1);
    var share = one.share();
    Flow first = addConfirmed(share, 1);
    Flow second = add(share, 2);
    add(share, 3);
    assertThat(replaced).containsExactly(first, second);
    assertThat(one.used()).isEqualTo(1);
  }

  /** Two links open flows at once, and the flows that they replace end later. */
  @Test
  @Timeout(60)
  void twoAddersReplaceEachFlowOnceAndNeverExceedTheMaximum() throws Exception {
    int count = 20_000;
    Set<Flow> once = ConcurrentHashMap.newKeySet();
    var threads = new ArrayList<Thread>();
    var tooMany = ConcurrentHashMap.<Integer>newKeySet();
    for (int adder = 0; adder < 2; adder++) {
      int first = adder * 20;
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < count; i++) {
                  var flow = new Flow("");
                  flow.place = dns.place(source(first + i % 30), flow);
                  flow.place
                      .acquire()
                      .ifPresent(old -> {
                        if (!once.add(old)) {
                          tooMany.add(-1);
                        }
                        old.place.release();
                      });
                  int used = places.used();
                  if (used > MAX) {
                    tooMany.add(used);
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(tooMany).isEmpty();
    assertThat(places.used()).isEqualTo(MAX);
    assertThat(once).hasSize(2 * count - MAX);
  }
}
