package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Node;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code dist/quickstart} on a machine without network configuration or a reachable registry. */
class QuickstartIT {
  private static final String QUICKSTART =
      Path.of(System.getProperty("e2e.oci-image"))
          .resolveSibling("quickstart")
          .normalize()
          .toString();

  static CommandResult quickstart(Node node, String... arguments) throws Exception {
    List<String> line = new ArrayList<>(List.of(QUICKSTART, "--skip-build"));
    line.addAll(List.of(arguments));
    return node.run(line);
  }

  /** The links, files, mounts, settings and processes that the quickstart could change. */
  private static String machine(Node node) throws Exception {
    return node.run(
            "sh",
            "-c",
            "ip -o link | cut -d: -f2; find /etc/cni /var/lib /var/log /run | sort;"
                + " cut -d' ' -f5 /proc/self/mountinfo; cat /proc/sys/net/ipv4/ip_forward;"
                + " cat /proc/[0-9]*/comm | grep -v -x -e sh -e cat -e grep -e sort | sort")
        .stdout();
  }

  /** Hides what this machine has of networks and of jukung, in the node's mount namespace alone. */
  static void makeBareMachine(Node node) throws Exception {
    node.run(
            "sh",
            "-c",
            """
            set -e
            mkdir -p lib log /run/etc/upper /run/etc/work
            mount --bind lib /var/lib
            mount --bind log /var/log
            mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work etc /etc
            rm -rf /etc/cni
            mkdir /etc/cni
            echo 0 >/proc/sys/net/ipv4/ip_forward
            """)
        .orThrow();
  }

  @Test
  void quickstartRunsAPodAndStopRemovesEverything() throws Exception {
    try (Node node = Node.start()) {
      makeBareMachine(node);
      final String before = machine(node);

      CommandResult first = quickstart(node);
      assertThat(first.exitCode()).as(first.stdout() + first.stderr()).isZero();
      assertThat(first.stdout()).containsPattern("Hello from a pod, on quickstart with 10\\.88\\.");
      assertThat(first.stdout()).contains("--stop");
      CommandResult second = quickstart(node);
      assertThat(second.exitCode()).as(second.stdout() + second.stderr()).isZero();
      assertThat(second.stdout()).contains("runs already").contains("Hello from a pod");

      CommandResult stop = quickstart(node, "--stop");
      assertThat(stop.exitCode()).as(stop.stdout() + stop.stderr()).isZero();
      assertThat(machine(node)).isEqualTo(before);
      assertThat(quickstart(node, "--stop").exitCode()).as("--stop a second time").isZero();
      assertThat(Node.cgroupMount().resolve("jukung")).doesNotExist();
    }
  }

  @Test
  void quickstartWithoutRootIsRefused() throws Exception {
    try (Node node = Node.start()) {
      CommandResult result =
          node.run(
              "sh",
              "-c",
              "cd / && exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\"",
              QUICKSTART);
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.stderr().strip().lines()).singleElement().asString().contains("needs root");
    }
  }
}
