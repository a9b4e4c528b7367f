package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.IDMapping;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.UserNamespace;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.AlsoInTestNode;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Pods with a user namespace of their own in the node's network (KEP-127, KEP-5607). */
@AlsoInTestNode
@ExtendWith(Testbed.Extension.class)
class HostNetworkUsersIT {
  private static final List<String> SLEEP = List.of("sleep", "1000");

  private static Pod pod(Testbed testbed, String name) throws Exception {
    IDMapping ids =
        IDMapping.newBuilder().setContainerId(0).setHostId(200_000).setLength(65_536).build();
    PodSandboxConfig.Builder config = testbed.podConfig(name, NamespaceMode.NODE);
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(
            NamespaceOption.newBuilder()
                .setNetwork(NamespaceMode.NODE)
                .setPid(NamespaceMode.CONTAINER)
                .setUsernsOptions(
                    UserNamespace.newBuilder()
                        .setMode(NamespaceMode.POD)
                        .addUids(ids)
                        .addGids(ids)));
    return testbed.runPod(config.build());
  }

  private static String out(Testbed testbed, String container, String script) {
    var answer = testbed.exec(container, "sh", "-c", script);
    return (answer.getStdout().toStringUtf8() + answer.getStderr().toStringUtf8()).strip();
  }

  @Test
  void containerUsesTheNetworkOfTheNodeButDoesNotOwnIt(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "host-network-users");
    ContainerConfig.Builder config =
        Requests.container(pod.config(), "admin", testbed.busybox(), SLEEP);
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setCapabilities(
            Capability.newBuilder()
                .addAddCapabilities("NET_ADMIN")
                .addAddCapabilities("NET_BIND_SERVICE"));
    String container = testbed.runContainer(pod, config.build());
    String node = testbed.node().run("readlink", "/proc/1/ns/net").orThrow().strip();
    assertThat(out(testbed, container, "readlink /proc/1/ns/net")).isEqualTo(node);
    assertThat(out(testbed, container, "tr -s ' ' </proc/1/uid_map")).contains("0 200000");
    // The interfaces of the node are seen, and its registry is reached over the loopback.
    assertThat(out(testbed, container, "ls /sys/class/net")).contains("lo", "e2e0");
    assertThat(out(testbed, container, "wget -qO- http://127.0.0.1:5000/v2/")).isEqualTo("{}");
    // Capabilities count in the container's own user namespace only.
    assertThat(out(testbed, container, "ip link set lo down; ip link add x type veth"))
        .contains("Operation not permitted");
    assertThat(out(testbed, container, "nc -l -p 80 </dev/null")).contains("Permission denied");
    assertThat(
            out(
                testbed,
                container,
                "echo 0 >/sys/class/net/lo/mtu; echo 1 >/proc/sys/net/core/somaxconn"))
        .contains("Read-only file system");
    assertThat(testbed.node().run("ip", "-o", "link", "show", "lo").orThrow())
        .contains("LOOPBACK,UP");
  }

  @Test
  void privilegedContainerCannotChangeTheNetworkOfTheNode(Testbed testbed) throws Exception {
    PodSandboxConfig.Builder pod = pod(testbed, "first").config().toBuilder();
    pod.getMetadataBuilder().setName("privileged").setUid("privileged-users");
    pod.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    Pod privileged = testbed.runPod(pod.build());
    ContainerConfig.Builder config =
        Requests.container(privileged.config(), "root", testbed.busybox(), SLEEP);
    config.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    String container = testbed.runContainer(privileged, config.build());
    assertThat(out(testbed, container, "ip link set lo down")).contains("Operation not permitted");
    assertThat(out(testbed, container, "echo 1234 >/sys/class/net/lo/mtu")).contains("denied");
    assertThat(testbed.node().run("cat", "/sys/class/net/lo/mtu").orThrow().strip())
        .isEqualTo("65536");
  }

  @Test
  void statusSaysThatBothGoTogether(Testbed testbed) {
    assertThat(
            testbed
                .client()
                .runtime()
                .status(StatusRequest.getDefaultInstance())
                .getFeatures()
                .getUserNamespacesHostNetwork())
        .isTrue();
  }
}
