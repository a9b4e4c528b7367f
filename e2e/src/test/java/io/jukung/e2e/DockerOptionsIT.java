package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Options of {@code docker run} and other commands that reach into the node or other containers.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by start
class DockerOptionsIT {
  private static final String SLEEP = "exec sleep 1000";

  private Testbed testbed;
  private DockerEngine engine;

  @BeforeAll
  void start() throws Exception {
    testbed = Testbed.start(Map.of(), "[writable_layer]\nenforced_by = \"daemon\"\n");
    engine = DockerEngine.start(testbed);
  }

  @AfterAll
  void end() throws Exception {
    try (Testbed _ = testbed) {
      if (engine != null) {
        engine.close();
      }
    }
  }

  @AfterEach
  void removeContainersAndVolumes() throws Exception {
    for (String each : docker("ps", "-aq").lines().toList()) {
      docker("rm", "-f", "-v", each);
    }
    docker("volume", "prune", "-a", "-f");
    assertThat(testbed.pods()).isEmpty();
  }

  private String docker(String... words) throws Exception {
    return engine.docker(words).orThrow();
  }

  private long size(String template) throws Exception {
    return Long.parseLong(docker("inspect", "-s", "-f", template, "big").strip());
  }

  private CommandResult run(List<String> options, String script) throws Exception {
    List<String> line = new ArrayList<>(List.of("run"));
    line.addAll(options);
    line.addAll(List.of(testbed.busybox(), "sh", "-c", script));
    return engine.docker(line.toArray(String[]::new));
  }

  private String once(List<String> options, String script) throws Exception {
    List<String> all = new ArrayList<>(List.of("--rm"));
    all.addAll(options);
    return run(all, script).orThrow();
  }

  private void background(String name, List<String> options, String script) throws Exception {
    List<String> all = new ArrayList<>(List.of("-d", "--name", name));
    all.addAll(options);
    run(all, script).orThrow();
  }

  @Test
  void containersShareProcessesMemoryNetworkAndNames() throws Exception {
    docker("network", "create", "shared");
    background(
        "first",
        List.of("--network=shared", "--add-host=there:192.0.2.7"),
        "echo here >/dev/shm/f; mkdir /www; echo page >/www/f; httpd -p 127.0.0.1:80 -h /www; "
            + SLEEP);
    Await.until(
        "it serves", () -> engine.docker("exec", "first", "pidof", "httpd").exitCode() == 0);
    assertThat(
            once(
                List.of("--pid=container:first", "--ipc=container:first", "--network=none"),
                "cat /dev/shm/f; tr '\\0' ' ' </proc/1/cmdline"))
        .isEqualTo("here\nsleep 1000 ");
    background(
        "second",
        List.of("--network=container:first"),
        "wget -q -O - http://127.0.0.1/f; grep -c there /etc/hosts; nslookup first | grep -c Name;"
            + " readlink /proc/self/ns/net; "
            + SLEEP);
    String namespace = docker("exec", "first", "readlink", "/proc/self/ns/net");
    Await.until("it has the names", () -> docker("logs", "second").endsWith(namespace));
    assertThat(docker("logs", "second")).isEqualTo("page\n1\n1\n" + namespace);
    assertThat(docker("inspect", "-f", "{{.HostConfig.NetworkMode}}", "second"))
        .startsWith("container:");
    assertThat(run(List.of("-p", "80", "--network=container:first"), "true").stderr())
        .contains("conflicting options");
    assertThat(run(List.of("--network=container:none"), "true").stderr())
        .contains("No such container: none");
    background("outside", List.of("--network=host"), SLEEP);
    assertThat(run(List.of("--network=container:outside"), "true").stderr())
        .contains("one of the containers has the network of the node");

    docker("stop", "-t", "0", "second", "first");
    CommandResult alone = engine.docker("start", "second");
    assertThat(alone.exitCode()).as("the network of a container that has ended").isEqualTo(1);
    docker("start", "first");
    docker("start", "second");
    docker("rm", "-f", "first", "second");
    docker("network", "rm", "shared");
  }

  @Test
  void volumesOfAnotherContainerAndPartsOfVolumesAndImagesAreMounted() throws Exception {
    docker("create", "--name", "data", "-v", "/anonymous", "-v", "named:/named", testbed.busybox());
    List<String> from = List.of("--network=host", "--volumes-from", "data");
    once(from, "echo a >/anonymous/f; mkdir -p /named/x/y; echo b >/named/x/y/f");
    List<String> readonly = List.of("--network=host", "--volumes-from", "data:ro");
    assertThat(once(readonly, "cat /anonymous/f /named/x/y/f; touch /named/g || echo no"))
        .isEqualTo("a\nb\nno\n");
    assertThat(
            once(
                List.of(
                    "--network=host",
                    "--mount",
                    "source=named,target=/part,volume-subpath=x/y",
                    "--mount",
                    "type=image,source=" + testbed.busybox() + ",target=/image,image-subpath=bin"),
                "cat /part/f; test -x /image/busybox && echo program; touch /image/f || echo no"))
        .isEqualTo("b\nprogram\nno\n");
  }

  @Test
  void gatewayScoreAnnotationsAndSecurityReachTheContainer() throws Exception {
    assertThat(
            once(
                List.of(
                    "--network=host",
                    "--uts=host",
                    "--oom-score-adj=700",
                    "--security-opt=label=disable",
                    "--add-host=up:host-gateway"),
                "cat /proc/self/oom_score_adj; grep up$ /etc/hosts | tr '\\t' ' '"))
        .isEqualTo("700\n127.0.0.1 up\n");
    Path profile = testbed.node().directory().resolve("profile.json");
    Files.writeString(
        profile,
        "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\",\"mkdirat\"],"
            + "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":95}]}");
    assertThat(
            once(
                List.of("--network=host", "--security-opt=seccomp=" + profile),
                "mkdir /d 2>&1 || grep Seccomp: /proc/self/status"))
        .contains("Operation not supported", "Seccomp:\t2");
    assertThat(
            run(List.of("--network=host", "--security-opt=seccomp=" + profile), "true").exitCode())
        .isZero();
    Files.writeString(profile, "{\"defaultAction\":\"SCMP_ACT_MAYBE\"}");
    assertThat(run(List.of("--network=host", "--security-opt=seccomp=" + profile), "true").stderr())
        .contains("SCMP_ACT_MAYBE");
    background("noted", List.of("--network=host", "--annotation", "a.b/c=d"), SLEEP);
    assertThat(docker("inspect", "-f", "{{index .HostConfig.Annotations \"a.b/c\"}}", "noted"))
        .isEqualTo("d\n");
  }

  @Test
  void devicesOfTheNodesDescriptionsAreGivenToContainers() throws Exception {
    Path descriptions = Files.createDirectories(testbed.daemon().directory().resolve("cdi"));
    Path file = descriptions.resolve("docker.yaml");
    Files.writeString(
        file,
        """
        cdiVersion: 0.6.0
        kind: nvidia.com/gpu
        devices:
          - {name: "0", containerEdits: {env: [FIRST=yes]}}
          - {name: "1", containerEdits: {env: [SECOND=yes]}}
          - {name: "all", containerEdits: {env: [ALL=yes]}}
        """);
    try {
      String variables = "echo $FIRST-$SECOND-$ALL";
      assertThat(once(List.of("--network=host", "--gpus=2"), variables)).isEqualTo("yes-yes-\n");
      assertThat(once(List.of("--network=host", "--gpus=all"), variables)).isEqualTo("--yes\n");
      assertThat(once(List.of("--network=host", "--gpus=device=1"), variables))
          .isEqualTo("-yes-\n");
      assertThat(once(List.of("--network=host", "--device=nvidia.com/gpu=0"), variables))
          .isEqualTo("yes--\n");
      assertThat(run(List.of("--network=host", "--gpus=device=9"), variables).stderr())
          .contains("nvidia.com/gpu=9");
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void sizesLimitsAndRestartPoliciesAreToldAndChanged() throws Exception {
    background(
        "big",
        List.of("--network=host", "--storage-opt=size=64m"),
        "head -c 3000000 /dev/zero >/f; echo written; " + SLEEP);
    Await.until("it has written", () -> docker("logs", "big").equals("written\n"));
    Await.until(
        "it is counted",
        () -> docker("ps", "-s", "--format", "{{.Size}}").matches("3(\\.\\d+)?MB \\(virtual .*\n"));
    assertThat(size("{{.SizeRw}}")).isBetween(3_000_000L, 4_000_000L);
    assertThat(size("{{.SizeRootFs}}")).isGreaterThan(4_000_000L);
    assertThat(docker("inspect", "-f", "{{.SizeRw}}", "big")).isEqualTo("<nil>\n");

    String policy =
        "{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}";
    docker("update", "--restart=on-failure:3", "big");
    assertThat(docker("inspect", "-f", policy, "big")).isEqualTo("on-failure 3\n");
    docker("update", "--restart=no", "big");
    assertThat(docker("inspect", "-f", policy, "big")).isEqualTo("no 0\n");
    background("gone", List.of("--rm", "--network=host"), SLEEP);
    assertThat(engine.docker("update", "--restart=always", "gone").stderr())
        .contains("AutoRemove is enabled");
    assertThat(engine.docker("update", "--restart=maybe", "big").exitCode()).isNotZero();
  }
}
