package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Testbed;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Networks by docker's client, and by its HTTP API where the client sends no such request. */
@ExtendWith(Testbed.Extension.class)
class DockerNetworksIT {
  private DockerEngine engine;

  @BeforeEach
  void startEngine(Testbed testbed) throws Exception {
    engine = DockerEngine.start(testbed);
  }

  @AfterEach
  void endEngine() throws Exception {
    engine.close();
  }

  private void run(Testbed testbed, String name, String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("run", "-d", "--name", name));
    words.addAll(List.of(options));
    words.addAll(List.of(testbed.busybox(), "sleep", "1000"));
    engine.docker(words.toArray(String[]::new)).orThrow();
  }

  private String inspect(String name, String template) throws Exception {
    return engine.docker("inspect", "-f", template, name).orThrow().strip();
  }

  @Test
  void containersOfOneNetworkFindEachOtherByNameAndAlias(Testbed testbed) throws Exception {
    String id =
        engine
            .docker(
                "network",
                "create",
                "--subnet",
                "172.29.5.0/24",
                "--ip-range",
                "172.29.5.128/25",
                "--label",
                "app=x",
                "front")
            .orThrow()
            .strip();
    assertThat(id).matches("[0-9a-f]{64}");
    run(testbed, "web", "--network", "front", "--network-alias", "www", "--ip", "172.29.5.130");
    run(testbed, "asker", "--network", id);

    assertThat(engine.docker("exec", "asker", "ping", "-c", "1", "-W", "5", "www").exitCode())
        .isZero();
    assertThat(engine.docker("exec", "asker", "nslookup", "web", "127.0.0.11").orThrow())
        .contains("172.29.5.130");
    assertThat(inspect("web", "{{.HostConfig.NetworkMode}} {{len .NetworkSettings.Networks}}"))
        .isEqualTo("front 1");
    assertThat(
            inspect(
                "web",
                "{{with .NetworkSettings.Networks.front}}{{.NetworkID}} {{.IPAddress}}"
                    + "/{{.IPPrefixLen}} {{.Gateway}} {{.Aliases}} {{.IPAMConfig.IPv4Address}}"
                    + "{{end}}"))
        .isEqualTo(id + " 172.29.5.130/24 172.29.5.1 [www] 172.29.5.130");
    assertThat(
            inspect(
                "front",
                "{{.Driver}} {{(index .IPAM.Config 0).IPRange}} {{index .Labels \"app\"}}"
                    + " {{range .Containers}}{{.Name}}={{.IPv4Address}} {{end}}"))
        .startsWith("bridge 172.29.5.128/25 x ")
        .contains("web=172.29.5.130/24", "asker=172.29.5.1");
    assertThat(engine.docker("ps", "--format", "{{.Names}} {{.Networks}}").orThrow())
        .contains("web front");
    assertThat(engine.docker("ps", "-q", "--filter", "network=front").orThrow().lines()).hasSize(2);
    assertThat(engine.docker("ps", "-q", "--filter", "network=bridge").orThrow()).isEmpty();

    assertThat(engine.docker("network", "rm", "front").stderr()).contains("in use");
    engine.docker("rm", "-f", "web", "asker").orThrow();
    engine.docker("network", "rm", id.substring(0, 12)).orThrow();
    assertThat(engine.docker("network", "inspect", "front").stderr()).contains("not found");
  }

  @Test
  void containerJoinsSeveralNetworksAndLeavesThem(Testbed testbed) throws Exception {
    engine.docker("network", "create", "one").orThrow();
    engine.docker("network", "create", "--internal", "two").orThrow();
    run(testbed, "target", "--network", "two");
    run(testbed, "both", "--network", "one", "--network", "name=two,alias=second");
    assertThat(inspect("both", "{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{end}}"))
        .isEqualTo("one two");
    assertThat(engine.docker("exec", "target", "ping", "-c", "1", "-W", "5", "second").exitCode())
        .isZero();

    run(testbed, "later", "--network", "one");
    engine.docker("network", "connect", "--alias", "third", "two", "later").orThrow();
    assertThat(engine.docker("exec", "target", "ping", "-c", "1", "-W", "5", "third").exitCode())
        .isZero();
    engine.docker("network", "disconnect", "two", "later").orThrow();
    assertThat(inspect("later", "{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{end}}"))
        .isEqualTo("one");

    engine.docker("rm", "-f", "target", "both", "later").orThrow();
    assertThat(engine.docker("network", "prune", "--force").orThrow()).contains("one", "two");
    assertThat(engine.docker("network", "ls", "-q", "--filter", "type=custom").orThrow()).isEmpty();
  }

  @Test
  void filtersOfOneKeyAreAlternativesAndThoseOfSeveralKeysAllHold(Testbed testbed)
      throws Exception {
    for (String each : new String[] {"aa", "ab", "bb"}) {
      engine.docker("network", "create", "--label", "name=" + each, each).orThrow();
    }
    String list = "{{.Name}}";
    assertThat(
            engine
                .docker("network", "ls", "--format", list, "-f", "name=aa", "-f", "name=bb")
                .orThrow())
        .isEqualTo("aa\nbb\n");
    assertThat(
            engine
                .docker(
                    "network",
                    "ls",
                    "--format",
                    list,
                    "-f",
                    "name=a",
                    "-f",
                    "label=name=ab",
                    "-f",
                    "driver=bridge")
                .orThrow())
        .isEqualTo("ab\n");
    assertThat(engine.docker("network", "ls", "--format", list, "-f", "dangling=true").orThrow())
        .isEqualTo("aa\nab\nbb\n");
    assertThat(engine.request("GET", "/networks?filters=%7B%22dangling%22%3A%5B%22x%22%5D%7D", ""))
        .contains("400", "invalid filter 'dangling=x'");
    engine.docker("network", "prune", "-f", "--filter", "label=name=aa").orThrow();
    assertThat(engine.docker("network", "ls", "--format", list, "-f", "type=custom").orThrow())
        .isEqualTo("ab\nbb\n");
    engine.docker("network", "rm", "ab", "bb").orThrow();
  }

  @Test
  void whatCannotBeDoneIsRefusedByName(Testbed testbed) throws Exception {
    assertThat(engine.docker("network", "create", "--ingress", "n").stderr())
        .contains("Ingress is not implemented");
    assertThat(engine.docker("network", "create", "-d", "overlay", "n").stderr())
        .contains("there is no driver overlay");
    assertThat(engine.docker("network", "create", "-o", "com.docker.network.x=1", "n").stderr())
        .contains("com.docker.network.x");
    assertThat(engine.docker("network", "create", "bridge").stderr()).contains("reserved");
    assertThat(engine.docker("network", "rm", "bridge").stderr()).contains("pre-defined");
    engine.docker("network", "create", "--attachable", "n").orThrow();
    assertThat(engine.docker("network", "create", "n").stderr()).contains("already");
    assertThat(engine.docker("network", "rm", "n").orThrow()).isEqualTo("n\n");
    assertThat(
            engine
                .docker("run", "--rm", "--network", "nowhere", testbed.busybox(), "true")
                .stderr())
        .contains("network nowhere not found");
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void containerWithoutNetworkHasOnlyItsLoopback(Testbed testbed) throws Exception {
    String links =
        engine
            .docker("run", "--rm", "--network", "none", testbed.busybox(), "ls", "/sys/class/net")
            .orThrow();
    assertThat(links).isEqualTo("lo\n");
    Await.until("it is removed", () -> testbed.pods().isEmpty());
  }
}
