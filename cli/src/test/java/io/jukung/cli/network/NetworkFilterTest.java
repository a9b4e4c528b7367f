package io.jukung.cli.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cli.command.CliException;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.NetworkEndpoint;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkFilterTest {
  private static final List<Network> NETWORKS =
      List.of(
          Network.newBuilder().setName("bridge").setId("a1").setPredefined(true).build(),
          Network.newBuilder()
              .setName("front")
              .setId("b2")
              .setDriver("bridge")
              .putLabels("team", "x")
              .putLabels("stage", "test")
              .addEndpoints(NetworkEndpoint.getDefaultInstance())
              .build(),
          Network.newBuilder()
              .setName("back")
              .setId("c3")
              .setDriver("macvlan")
              .putLabels("team", "x")
              .build());

  /** Of a key that is given more than once one value has to fit, except of labels. */
  @ParameterizedTest
  @CsvSource({
    "name=front name=back, front back",
    "name=front driver=macvlan, ''",
    "id=b id=c, front back",
    "driver=bridge driver=macvlan, front back",
    "type=builtin type=custom, bridge front back",
    "type=builtin, bridge",
    "label=team label=stage=test, front",
    "label!=stage type=custom, back",
    "dangling=true, back",
    "dangling=false, bridge front",
  })
  void networksFitAsDockerSays(String filters, String names) {
    var filter = NetworkFilter.of(List.of(filters.split(" ")));
    assertThat(
            NETWORKS.stream().filter(filter).map(Network::getName).collect(Collectors.joining(" ")))
        .isEqualTo(names);
  }

  @ParameterizedTest
  @ValueSource(strings = {"size=1", "name", "type=other", "dangling=perhaps"})
  void wrongFiltersAreRefused(String filter) {
    assertThatThrownBy(() -> NetworkFilter.of(List.of(filter))).isInstanceOf(CliException.class);
  }
}
