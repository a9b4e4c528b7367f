package io.jukung.e2e;

import static io.jukung.e2e.ContainerLifeIT.jukung;
import static io.jukung.e2e.ContainerLifeIT.shell;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Testbed;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Networks of the command line, and the names of containers in them, as a user uses them. */
@ExtendWith(Testbed.Extension.class)
class NetworksIT {
  private static final String SLEEP = "sleep 1000";

  private static void start(Testbed testbed, String network, String name, String... options)
      throws Exception {
    List<String> all = new ArrayList<>(List.of("-d", "--network", network));
    all.addAll(List.of(options));
    shell(testbed, "run", all, name, SLEEP);
  }

  private static CommandResult exec(Testbed testbed, String container, String script)
      throws Exception {
    return jukung(testbed, "exec", container, "sh", "-c", script);
  }

  /** What a name server says of a name: the addresses, over UDP. */
  private static String lookUp(Testbed testbed, String container, String name) throws Exception {
    return exec(testbed, container, "nslookup " + name + " 127.0.0.11 2>&1").stdout();
  }

  /** The daemon answers names again some moments after its start. */
  private static void assertFindsSoon(
      Testbed testbed, String container, String name, String address) throws Exception {
    String script =
        "for i in $(seq 60); do nslookup "
            + name
            + " 127.0.0.11 2>&1 | grep -q 'Address: "
            + address
            + "$' && exit 0; sleep 0.2; done; exit 1";
    assertThat(exec(testbed, container, script).exitCode())
        .as(container + " finds " + name)
        .isZero();
  }

  private static String address(Testbed testbed, String container) throws Exception {
    return exec(testbed, container, "ip -4 -o addr show eth0 | sed 's/.*inet //; s,/.*,,'")
        .orThrow()
        .strip();
  }

  private static void remove(Testbed testbed, String... containers) throws Exception {
    for (String each : containers) {
      jukung(testbed, "rm", "-f", each).orThrow();
    }
  }

  @Test
  void containersOfOneNetworkFindEachOtherByNameAndAliasAndOthersDoNot(Testbed testbed)
      throws Exception {
    String id = jukung(testbed, "network", "create", "--label", "app=x", "front").orThrow();
    assertThat(id).matches("[0-9a-f]{64}\n");
    jukung(testbed, "network", "create", "back").orThrow();
    start(testbed, "front", "web", "--network-alias", "www");
    start(testbed, "front", "asker", "--link", "web:linked");
    start(testbed, "back", "other");

    String web = address(testbed, "web");
    // Over TCP: the length, the header, and the question for web of type A.
    String question =
        "printf '\\000\\025\\022\\064\\001\\000\\000\\001\\000\\000\\000\\000\\000\\000"
            + "\\003web\\000\\000\\001\\000\\001' | nc -w 2 127.0.0.11 53 | tail -c 4 | hexdump -e"
            + " '4/1 \"%d.\"'";
    assertThat(
            exec(
                    testbed,
                    "asker",
                    ("for n in web WEB www linked web.front; do nslookup $n 127.0.0.11 | grep -q"
                                + " 'Address: @$' && echo $n; done; nslookup @ 127.0.0.11"
                                + " | grep -o 'name = .*'; ping -c 1 -W 5 www >/dev/null"
                                + " && echo ping; cat /etc/resolv.conf;")
                            .replace("@", web)
                        + question)
                .stdout())
        .startsWith("web\nWEB\nwww\nlinked\nweb.front\nname = web.front\nping\n")
        .contains("nameserver 127.0.0.11")
        .contains("ndots:0")
        .endsWith("\n" + web + ".");

    String strange = "nslookup web 127.0.0.11; ping -c 1 -W 1 " + web;
    CommandResult other = exec(testbed, "other", strange);
    assertThat(other.exitCode()).as("packets between networks").isNotZero();
    assertThat(other.stdout()).contains("an't find web").doesNotContain("Address: " + web);

    assertThat(jukung(testbed, "network", "ls", "-q", "-f", "label=app=x").orThrow()).isEqualTo(id);
    assertThat(jukung(testbed, "network", "ls").orThrow())
        .contains("front", "back", "bridge", "host", "none");
    String line = "{{.ID}} {{.Name}} {{.Driver}}";
    assertThat(
            jukung(testbed, "network", "ls", "--no-trunc", "-f", "name=front", "--format", line)
                .orThrow())
        .isEqualTo(id.strip() + " front bridge\n");
    assertThat(
            jukung(testbed, "network", "inspect", "-f", "{{.Driver}} {{.Internal}}", "front")
                .orThrow())
        .isEqualTo("bridge false\n");
    assertThat(jukung(testbed, "network", "inspect", "front").orThrow())
        .contains("\"web\"", web, "\"www\"");
    assertThat(jukung(testbed, "network", "rm", "front").stderr())
        .contains("network front is in use by containers asker, web");

    testbed.killAndRestartDaemon();
    assertFindsSoon(testbed, "asker", "web", web);
    assertThat(exec(testbed, "other", "ping -c 1 -W 1 " + web).exitCode()).isNotZero();

    remove(testbed, "web", "asker", "other");
    assertThat(jukung(testbed, "network", "prune", "--force").orThrow())
        .contains("deleted: front", "deleted: back");
    assertThat(jukung(testbed, "network", "ls", "-q", "-f", "type=custom").orThrow()).isEmpty();
  }

  @Test
  void exitedContainerFreesItsAddressAndComesBackToItsNetworks(Testbed testbed) throws Exception {
    jukung(testbed, "network", "create", "--subnet", "172.30.5.0/29", "small").orThrow();
    start(testbed, "small", "first", "--ip", "172.30.5.5", "--mac-address", "02:11:22:33:44:55");
    assertThat(address(testbed, "first")).isEqualTo("172.30.5.5");
    assertThat(exec(testbed, "first", "cat /sys/class/net/eth0/address").stdout())
        .isEqualTo("02:11:22:33:44:55\n");
    CommandResult taken =
        jukung(
            testbed,
            "run",
            "--rm",
            "--network",
            "small",
            "--ip",
            "172.30.5.5",
            "--log-directory",
            testbed.node().directory() + "/cli",
            testbed.busybox(),
            "true");
    assertThat(taken.exitCode()).isNotZero();
    assertThat(taken.stderr()).contains("172.30.5.5");

    jukung(testbed, "stop", "-t", "0", "first").orThrow();
    start(testbed, "small", "second", "--ip", "172.30.5.5");
    assertThat(lookUp(testbed, "second", "first")).doesNotContain("172.30.5");
    remove(testbed, "second");
    jukung(testbed, "start", "first").orThrow();
    assertThat(address(testbed, "first")).isEqualTo("172.30.5.5");
    assertThat(lookUp(testbed, "first", "first")).contains("Address: 172.30.5.5");
    remove(testbed, "first");
    jukung(testbed, "network", "rm", "small").orThrow();
  }

  @Test
  void publishedPortOfANetworkIsReachedFromTheHost(Testbed testbed) throws Exception {
    jukung(testbed, "network", "create", "shop").orThrow();
    shell(
        testbed,
        "run",
        List.of("-d", "--network", "shop", "-p", "18080:80"),
        "server",
        "while :; do echo hello | nc -l -p 80; done");
    Await.until(
        "the port answers on the node",
        () ->
            testbed
                .node()
                .run("sh", "-c", "busybox nc -w 2 127.0.0.1 18080 </dev/null")
                .stdout()
                .startsWith("hello"));
    remove(testbed, "server");
    jukung(testbed, "network", "rm", "shop").orThrow();
  }

  @Test
  void runningContainersAreConnectedAndDisconnected(Testbed testbed) throws Exception {
    jukung(testbed, "network", "create", "one").orThrow();
    jukung(testbed, "network", "create", "two").orThrow();
    start(testbed, "one", "mover");
    start(testbed, "two", "target");
    start(testbed, "bridge", "plain");
    String target = address(testbed, "target");
    for (String each : List.of("mover", "plain")) {
      jukung(testbed, "network", "connect", "--alias", each + "-too", "two", each).orThrow();
      assertThat(exec(testbed, each, "ping -c 1 -W 5 target").exitCode()).as(each).isZero();
      assertThat(exec(testbed, "target", "ping -c 1 -W 5 " + each + "-too").exitCode()).isZero();
    }
    testbed.killAndRestartDaemon();
    assertFindsSoon(testbed, "plain", "target", target);

    jukung(testbed, "network", "disconnect", "one", "mover").orThrow();
    assertThat(exec(testbed, "mover", "ip -o link; ip route").stdout())
        .contains("eth1", "default via")
        .doesNotContain("eth0");
    jukung(testbed, "stop", "-t", "0", "mover").orThrow();
    jukung(testbed, "start", "mover").orThrow();
    assertThat(exec(testbed, "mover", "ping -c 1 -W 5 target").exitCode()).isZero();
    assertThat(jukung(testbed, "network", "disconnect", "one", "mover").stderr())
        .contains("the container is not in this network");
    remove(testbed, "mover", "target", "plain");
    jukung(testbed, "network", "rm", "one", "two").orThrow();
  }

  @Test
  void addressThatIsNamedMayLieOutsideOfTheRangeOfTheOthers(Testbed testbed) throws Exception {
    jukung(
            testbed,
            "network",
            "create",
            "--subnet",
            "172.30.6.0/24",
            "--ip-range",
            "172.30.6.64/26",
            "ranged")
        .orThrow();
    start(testbed, "ranged", "fixed", "--ip", "172.30.6.9");
    start(testbed, "ranged", "any");
    assertThat(address(testbed, "fixed")).isEqualTo("172.30.6.9");
    assertThat(address(testbed, "any")).isEqualTo("172.30.6.65");
    remove(testbed, "fixed", "any");
    jukung(testbed, "network", "rm", "ranged").orThrow();
  }

  @Test
  void restartOfTheDaemonRepairsWhatAContainerNeedsOfItsNetwork(Testbed testbed) throws Exception {
    jukung(testbed, "network", "create", "mended").orThrow();
    start(testbed, "mended", "broken", "--cap-add", "NET_ADMIN");
    String state = "ip route | grep -o 'default via [0-9.]*'; grep nameserver /etc/resolv.conf";
    String whole = exec(testbed, "broken", state).orThrow();
    exec(testbed, "broken", "ip route del default && : > /etc/resolv.conf").orThrow();
    assertThat(exec(testbed, "broken", state).stdout()).isEmpty();
    testbed.killAndRestartDaemon();
    Await.until(
        "the route and the resolver are as before",
        () -> exec(testbed, "broken", state).stdout().equals(whole));
    remove(testbed, "broken");
    jukung(testbed, "network", "rm", "mended").orThrow();
  }

  @Test
  void internalNetworkLeadsNowhereAndHasNoNamesOfOthers(Testbed testbed) throws Exception {
    jukung(testbed, "network", "create", "--internal", "--ipv6", "closed").orThrow();
    start(testbed, "closed", "inside");
    start(testbed, "closed", "friend");
    String script =
        "ip route; ip -6 -o addr show eth0; ping -c 1 -W 5 friend >/dev/null && echo reached;"
            + " nslookup name.example 127.0.0.11 2>&1";
    assertThat(exec(testbed, "inside", script).stdout())
        .doesNotContain("default")
        .contains("inet6 fd", "reached", "NXDOMAIN");
    CommandResult refused =
        jukung(
            testbed,
            "run",
            "--rm",
            "--network",
            "closed",
            "-p",
            "18081:80",
            "--log-directory",
            testbed.node().directory() + "/cli",
            testbed.busybox(),
            "true");
    assertThat(refused.stderr()).contains("none of its networks is a bridge that leads out");
    remove(testbed, "inside", "friend");
    jukung(testbed, "network", "rm", "closed").orThrow();
  }

  @Test
  void containerWithoutNetworkHasOnlyItsLoopback(Testbed testbed) throws Exception {
    start(testbed, "none", "alone");
    assertThat(exec(testbed, "alone", "ip -o link | wc -l").stdout().strip()).isEqualTo("1");
    jukung(testbed, "stop", "-t", "0", "alone").orThrow();
    jukung(testbed, "start", "alone").orThrow();
    assertThat(exec(testbed, "alone", "ip -o link | wc -l").stdout().strip()).isEqualTo("1");
    remove(testbed, "alone");
  }

  @Test
  void wrongRequestsAreRefusedByName(Testbed testbed) throws Exception {
    assertThat(jukung(testbed, "network", "create", "host").stderr()).contains("is reserved");
    assertThat(jukung(testbed, "network", "create", "-d", "overlay", "x").stderr())
        .contains("there is no driver overlay");
    assertThat(jukung(testbed, "network", "create", "-o", "mtu=9", "x").stderr())
        .contains("driver bridge has no option mtu");
    assertThat(jukung(testbed, "network", "create", "--subnet", "10.88.0.0/24", "x").stderr())
        .contains("overlaps with 10.88.0.0/16");
    assertThat(jukung(testbed, "network", "rm", "nothing").stderr())
        .contains("there is no network nothing");
    assertThat(jukung(testbed, "network", "rm", "bridge").stderr()).contains("always there");
    jukung(testbed, "network", "create", "twice").orThrow();
    assertThat(jukung(testbed, "network", "create", "twice").stderr())
        .contains("there is a network twice already");
    jukung(testbed, "network", "rm", "twice").orThrow();
  }
}
