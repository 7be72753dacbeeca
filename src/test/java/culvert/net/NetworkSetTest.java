package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Seed;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkSetTest {

  private static NetworkSet set(String... networks) {
    return new NetworkSet(Stream.of(networks).map(Cidr::parse).toList());
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3, true",
    "10.2.0.0, false",
    "192.0.2.7, true",
    "192.0.2.8, false",
    "2001:db8::1, true",
    "2001:db9::1, false",
    "::1, false",
    "::ffff:10.1.2.3, true",
    "::ffff:10.2.0.0, false"
  })
  void addressOfOneOfTheNetworksIsInTheSet(String address, boolean isIn) throws Exception {
    NetworkSet set = set("10.1.0.0/16", "10.1.2.0/24", "192.0.2.7", "2001:db8::/32");
    assertThat(set.contains(InetAddress.getByName(address))).isEqualTo(isIn);
  }

  @Test
  void networkOfNoBitsHasEveryAddressOfItsFamily() throws Exception {
    InetAddress v4 = InetAddress.getByName("203.0.113.9");
    InetAddress v6 = InetAddress.getByName("2001:db8::1");
    assertThat(set("0.0.0.0/0").contains(v4)).isTrue();
    assertThat(set("0.0.0.0/0").contains(v6)).isFalse();
    assertThat(set("::/0").contains(v4)).isFalse();
    assertThat(set("::/0").contains(v6)).isTrue();
    assertThat(set().contains(v4)).isFalse();
  }

  /** The addresses are near the networks, so that every length of a common prefix occurs. */
  @Test
  void setHasTheAddressesOfItsNetworks() throws Exception {
    Random random = Seed.random("NetworkSetTest");
    for (int round = 0; round < 200; round++) {
      int bytes = random.nextBoolean() ? 4 : 16;
      List<Cidr> networks = new ArrayList<>();
      for (int i = random.nextInt(8); i >= 0; i--) {
        networks.add(network(random, bytes));
      }
      var set = new NetworkSet(networks);
      for (int i = 0; i < 50; i++) {
        InetAddress address = near(networks.get(random.nextInt(networks.size())), random);
        boolean isIn = networks.stream().anyMatch(network -> network.contains(address));
        assertThat(set.contains(address)).as("%s in %s", address, networks).isEqualTo(isIn);
      }
    }
  }

  private static Cidr network(Random random, int bytes) throws UnknownHostException {
    byte[] address = new byte[bytes];
    random.nextBytes(address);
    return Cidr.parse(
        InetAddress.getByAddress(address).getHostAddress()
            + "/"
            + random.nextInt(bytes * Byte.SIZE + 1));
  }

  private static InetAddress near(Cidr network, Random random) throws UnknownHostException {
    byte[] address = network.bytes();
    int from = random.nextInt(address.length * Byte.SIZE);
    for (int bit = from; bit < address.length * Byte.SIZE; bit += 1 + random.nextInt(9)) {
      address[bit / Byte.SIZE] ^= (byte) (0x80 >> bit % Byte.SIZE);
    }
    return InetAddress.getByAddress(address);
  }

  /** A trie with a node for each bit takes 5 KB for an address, and 1.1 GB for these sets. */
  @Test
  void setOfManyAddressesIsSmall() throws Exception {
    Random random = Seed.random("setOfManyAddressesIsSmall");
    List<Cidr> networks = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      byte[] address = new byte[16];
      random.nextBytes(address);
      networks.add(Cidr.parse(InetAddress.getByAddress(address).getHostAddress()));
    }
    List<NetworkSet> sets = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      sets.add(new NetworkSet(networks));
    }
    InetAddress last = InetAddress.getByAddress(networks.getLast().bytes());
    assertThat(sets).hasSize(20).allMatch(set -> set.contains(last));
  }

  @Test
  void setsOfTheSameNetworksAreEqual() {
    assertThat(set("10.0.0.0/8", "::1"))
        .isEqualTo(set("::1", "10.0.0.0/8", "10.0.0.0/8"))
        .hasSameHashCodeAs(set("::1", "10.0.0.0/8"))
        .isEqualTo(set("10.0.0.0/8", "10.1.0.0/16", "::1/128"))
        .isEqualTo(set("10.7.7.7/8", "::1"))
        .isNotEqualTo(set("10.0.0.0/9", "::1"))
        .isNotEqualTo(set("10.0.0.0/8"));
  }
}
