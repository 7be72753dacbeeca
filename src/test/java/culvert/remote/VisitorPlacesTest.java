package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.ReservedPlaces;
import culvert.net.SourcePrefix;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How the places of visitors are divided among public addresses and sources. */
class VisitorPlacesTest {

  private static ReservedPlaces.Share open(VisitorPlaces places) {
    ReservedPlaces.Share share = places.share();
    share.open();
    return share;
  }

  private static int fill(ReservedPlaces.Share share) {
    int n = 0;
    while (share.tryAcquire()) {
      n++;
    }
    return n;
  }

  private static SourcePrefix source(String address) throws Exception {
    return SourcePrefix.of(InetAddress.getByName(address));
  }

  @Test
  void onlyPublicAddressHasAllPlaces() {
    var places = new VisitorPlaces(200, 200);
    assertThat(fill(open(places))).isEqualTo(200);
  }

  @Test
  void visitorsOfOneServiceDoNotCloseTheOthers() {
    var places = new VisitorPlaces(200, 200);
    ReservedPlaces.Share flooded = open(places);
    ReservedPlaces.Share other = open(places);
    assertThat(fill(flooded)).isEqualTo(150);
    assertThat(fill(other)).isEqualTo(50);
    assertThat(fill(flooded)).isZero();
    flooded.release();
    assertThat(fill(flooded)).isEqualTo(1);
  }

  @Test
  void nineFloodedServicesLeavePlacesForTheTenth() {
    var places = new VisitorPlaces(200, 200);
    List<ReservedPlaces.Share> shares = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      shares.add(open(places));
    }
    int taken = shares.subList(0, 9).stream().mapToInt(VisitorPlacesTest::fill).sum();
    assertThat(taken).isEqualTo(190);
    assertThat(fill(shares.getLast())).isEqualTo(10);
  }

  @Test
  void closedPublicAddressReservesNothing() {
    var places = new VisitorPlaces(200, 200);
    ReservedPlaces.Share first = open(places);
    ReservedPlaces.Share second = open(places);
    assertThat(second.tryAcquire()).isTrue();
    second.close();
    assertThat(fill(first)).isEqualTo(199);
    second.release();
    assertThat(fill(first)).isEqualTo(1);
  }

  @Test
  void publicAddressOpenedLaterGetsTheNextFreePlaces() {
    var places = new VisitorPlaces(8, 8);
    ReservedPlaces.Share first = open(places);
    assertThat(fill(first)).isEqualTo(8);
    ReservedPlaces.Share second = open(places);
    assertThat(second.tryAcquire()).isFalse();
    first.release();
    assertThat(first.tryAcquire()).isFalse();
    assertThat(second.tryAcquire()).isTrue();
  }

  @Test
  void lastPlaceIsUsableWithMoreServicesThanPlaces() {
    var places = new VisitorPlaces(1, 1);
    ReservedPlaces.Share first = open(places);
    open(places);
    assertThat(fill(first)).isEqualTo(1);
  }

  @Test
  void sourceIsLimitedByAddressAndByNetworkOf64Bits() throws Exception {
    var places = new VisitorPlaces(10, 2);
    assertThat(places.tryAcquire(source("192.0.2.1"))).isTrue();
    assertThat(places.tryAcquire(source("192.0.2.1"))).isTrue();
    assertThat(places.tryAcquire(source("192.0.2.1"))).isFalse();
    assertThat(places.tryAcquire(source("192.0.2.2"))).isTrue();
    assertThat(places.tryAcquire(source("2001:db8::1"))).isTrue();
    assertThat(places.tryAcquire(source("2001:db8::2:0:0:1"))).isTrue();
    assertThat(places.tryAcquire(source("2001:db8::3"))).isFalse();
    places.release(source("192.0.2.1"));
    assertThat(places.tryAcquire(source("192.0.2.1"))).isTrue();
  }
}
