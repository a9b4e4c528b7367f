package io.jukung.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.client.v1.Condition;
import io.jukung.client.v1.Health;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.NetworkEndpoint;
import io.jukung.client.v1.PublishedPort;
import io.jukung.client.v1.Volume;
import io.jukung.cri.docker.ContainerFacts;
import io.jukung.cri.docker.ContainerJson;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerResources;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.PodSandboxNetworkStatus;
import io.jukung.cri.v1.PodSandboxStatus;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a container becomes docker's JSON. */
class DockerJsonTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String SPEC =
      """
      {"process": {"args": ["/entry", "-v", "run"], "cwd": "/srv", "env": ["A=1"],
                   "user": {"uid": 1000, "gid": 1000}, "noNewPrivileges": true,
                   "capabilities": {"bounding": ["CAP_CHOWN", "CAP_NET_ADMIN"]}},
       "root": {"readonly": true},
       "mounts": [{"destination": "/etc/hosts", "source": "/run/hosts"}],
       "linux": {"maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"]}}
      """;

  private static final String IMAGE =
      """
      {"Entrypoint": ["/entry", "-v"], "Cmd": ["serve"], "Labels": {"vendor": "x"},
       "ExposedPorts": {"80/tcp": {}, "443/tcp": {}}}
      """;

  private static JsonNode json() throws IOException {
    ContainerStatus status =
        ContainerStatus.newBuilder()
            .setId("c0ffee")
            .setMetadata(ContainerMetadata.newBuilder().setName("web"))
            .setState(ContainerState.CONTAINER_RUNNING)
            .setCreatedAt(1_764_000_000_000_000_001L)
            .setStartedAt(1_764_000_001_000_000_000L)
            .setImageId("sha256:1")
            .setImage(ImageSpec.newBuilder().setUserSpecifiedImage("nginx:1"))
            .putLabels("io.jukung.run", "web")
            .putLabels("tier", "front")
            .putAnnotations("io.jukung.restart", "on-failure:5")
            .putAnnotations(
                "io.jukung.options",
                "{\"tmpfs\":[{\"path\":\"/run\",\"options\":[\"size=1m\"]}],"
                    + "\"ulimits\":[{\"name\":\"nofile\",\"soft\":1,\"hard\":2}],"
                    + "\"stopTimeoutSeconds\":7}")
            .addMounts(
                Mount.newBuilder()
                    .setHostPath("/vol/data")
                    .setContainerPath("/data")
                    .setReadonly(true))
            .addMounts(Mount.newBuilder().setHostPath("/srv").setContainerPath("/srv"))
            .setResources(
                ContainerResources.newBuilder()
                    .setLinux(
                        LinuxContainerResources.newBuilder()
                            .setCpuPeriod(100_000)
                            .setCpuQuota(150_000)
                            .setMemoryLimitInBytes(64 << 20)
                            .putUnified("pids.max", "99")))
            .build();
    return ContainerJson.of(
        new ContainerFacts(
            status,
            JSON.readTree("{\"tty\": true, \"user\": {\"supplementalGroups\": [5]}}"),
            JSON.readTree(SPEC),
            42,
            "/cgroup",
            PodSandboxStatus.newBuilder()
                .setId("p0d")
                .setNetwork(PodSandboxNetworkStatus.newBuilder().setIp("10.1.2.3"))
                .build(),
            JSON.readTree("{\"config\": {\"hostname\": \"web-1\", \"network\": \"POD\"}}"),
            Condition.newBuilder()
                .setPaused(true)
                .setRestarts(2)
                .setHealth(Health.newBuilder().setStatus("healthy"))
                .build(),
            List.of(
                PublishedPort.newBuilder()
                    .setContainerPort(80)
                    .setProtocol("tcp")
                    .setHostPort(8080)
                    .build()),
            JSON.readTree(IMAGE),
            List.of(
                Volume.newBuilder()
                    .setName("data")
                    .setDriver("local")
                    .setMountpoint("/vol/data")
                    .build()),
            List.of(
                Network.newBuilder()
                    .setId("f00d")
                    .setName("front")
                    .addEndpoints(
                        NetworkEndpoint.newBuilder()
                            .setContainerId("c0ffee")
                            .addAddresses("10.1.2.3"))
                    .build())));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/Id | \"c0ffee\"",
        "/Name | \"/web\"",
        "/Created | \"2025-11-24T16:00:00.000000001Z\"",
        "/Path | \"/entry\"",
        "/Args | [\"-v\",\"run\"]",
        "/Image | \"sha256:1\"",
        "/HostsPath | \"/run/hosts\"",
        "/RestartCount | 2",
        "/State/Status | \"paused\"",
        "/State/Running | true",
        "/State/Paused | true",
        "/State/Pid | 42",
        "/State/StartedAt | \"2025-11-24T16:00:01Z\"",
        "/State/FinishedAt | \"0001-01-01T00:00:00Z\"",
        "/State/Health/Status | \"healthy\"",
        "/Config/Hostname | \"web-1\"",
        "/Config/User | \"1000\"",
        "/Config/Tty | true",
        "/Config/Image | \"nginx:1\"",
        "/Config/Entrypoint | [\"/entry\",\"-v\"]",
        "/Config/Cmd | [\"run\"]",
        "/Config/Env | [\"A=1\"]",
        "/Config/Labels | {\"tier\":\"front\",\"vendor\":\"x\"}",
        "/Config/StopTimeout | 7",
        "/HostConfig/Binds | [\"data:/data:ro\",\"/srv:/srv\"]",
        "/HostConfig/NetworkMode | \"front\"",
        "/HostConfig/PortBindings | {\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"}]}",
        "/HostConfig/RestartPolicy | {\"Name\":\"on-failure\",\"MaximumRetryCount\":5}",
        "/HostConfig/CapAdd | [\"CAP_NET_ADMIN\"]",
        "/HostConfig/CapDrop/0 | \"CAP_AUDIT_WRITE\"",
        "/HostConfig/GroupAdd | [\"5\"]",
        "/HostConfig/ReadonlyRootfs | true",
        "/HostConfig/SecurityOpt | [\"no-new-privileges\",\"seccomp=unconfined\"]",
        "/HostConfig/Tmpfs | {\"/run\":\"size=1m\"}",
        "/HostConfig/Memory | 67108864",
        "/HostConfig/NanoCpus | 1500000000",
        "/HostConfig/PidsLimit | 99",
        "/HostConfig/Ulimits | [{\"Name\":\"nofile\",\"Hard\":2,\"Soft\":1}]",
        "/HostConfig/MaskedPaths | [\"/proc/kcore\"]",
        "/NetworkSettings/IPAddress | \"10.1.2.3\"",
        "/NetworkSettings/Networks/front/IPAddress | \"10.1.2.3\"",
        "/NetworkSettings/Networks/front/NetworkID | \"f00d\"",
        "/NetworkSettings/Ports/443~1tcp | null",
        "/NetworkSettings/Ports/80~1tcp/0/HostPort | \"8080\"",
        "/Mounts/0/Type | \"volume\"",
        "/Mounts/0/Name | \"data\"",
        "/Mounts/0/RW | false",
        "/Mounts/1/Type | \"bind\"",
        "/Mounts/1/Propagation | \"rprivate\"",
        "/Mounts/2/Type | \"tmpfs\"",
      })
  void memberHasDockersFormAndValue(String pointer, String expected) throws IOException {
    assertThat(json().at(pointer).toString()).isEqualTo(expected);
  }

  @Test
  void containerOfAnotherRuntimeHasTheMembersThatCriTells() {
    JsonNode nothing = JSON.createObjectNode();
    JsonNode json =
        ContainerJson.of(
            new ContainerFacts(
                ContainerStatus.newBuilder().setId("a").build(),
                nothing,
                nothing,
                0,
                "",
                PodSandboxStatus.getDefaultInstance(),
                nothing,
                Condition.getDefaultInstance(),
                List.of(),
                nothing,
                List.of(),
                List.of()));
    assertThat(json.at("/Id").asText()).isEqualTo("a");
    assertThat(json.at("/State/Status").asText()).isEqualTo("created");
    assertThat(json.at("/State").has("Health")).isFalse();
    assertThat(json.at("/Config/Cmd").isNull()).isTrue();
  }
}
