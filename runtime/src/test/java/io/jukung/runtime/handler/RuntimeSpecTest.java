package io.jukung.runtime.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.cri.CriException;
import io.jukung.linux.process.Capability;
import io.jukung.runtime.launch.RuntimeFiles;
import io.jukung.runtime.spec.Hooks;
import io.jukung.runtime.spec.Spec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RuntimeSpecTest {
  private static final long CAPABILITIES =
      Capability.mask(List.of(Capability.CAP_CHOWN, Capability.CAP_KILL));

  private static final RuntimeSpec SPECS =
      new RuntimeSpec(new RuntimeSpec.Node(Path.of("/mounts/rootfs"), CAPABILITIES, -5));

  private static Spec spec(Spec.Mount... mounts) {
    return spec(List.of(), mounts);
  }

  private static Spec spec(List<String> seccompFlags, Spec.Mount... mounts) {
    List<String> names = List.of("CAP_CHOWN", "CAP_KILL", "CAP_SYS_RESOURCE");
    return new Spec(
        Spec.OCI_VERSION,
        new Spec.Process(
            false,
            new Spec.User(0, 0, null, List.of()),
            List.of("sh"),
            List.of("A=b"),
            "/",
            new Spec.Capabilities(names, names, names, names, names),
            List.of(new Spec.Rlimit("RLIMIT_NOFILE", -1, 1024)),
            true,
            -998,
            null,
            null),
        new Spec.Root("rootfs", true),
        null,
        List.of(mounts),
        Map.of("of", "jukung"),
        new Spec.Linux(
            List.of(new Spec.Namespace("pid", null)),
            "/jukung/c",
            new Spec.Resources(
                List.of(), new Spec.Memory(1L << 20, null), null, new Spec.Pids(9), Map.of()),
            List.of(),
            Map.of(),
            null,
            List.of("/proc/kcore"),
            List.of(),
            new Spec.Seccomp("SCMP_ACT_ALLOW", null, List.of(), seccompFlags, List.of()),
            List.of(),
            List.of(),
            null));
  }

  private static Spec.Mount bind(String access, String propagation) {
    return new Spec.Mount("/v", "bind", "/v", List.of("rbind", propagation, access));
  }

  private static JsonNode container(Spec spec, boolean entersCgroup) throws IOException {
    List<RuntimeFiles.Volume> volumes =
        RuntimeSpec.volumes(spec, new OciBundle(Path.of("/bundle"), "c"));
    return new ObjectMapper()
        .readTree(SPECS.container(spec, volumes, Map.of("a", "b"), entersCgroup));
  }

  @Test
  void rootIsWhereTheLaunchMountsItAndAnnotationsAreThoseAllowed() throws IOException {
    JsonNode config = container(spec(), true);
    assertThat(config.path("root").toString())
        .isEqualTo("{\"path\":\"/mounts/rootfs\",\"readonly\":true}");
    assertThat(config.path("annotations").toString()).isEqualTo("{\"a\":\"b\"}");
    assertThat(config.path("ociVersion").asText()).isEqualTo("1.0.2");
    assertThat(config.path("linux").path("maskedPaths").toString()).isEqualTo("[\"/proc/kcore\"]");
  }

  @Test
  void processHasNoMoreThanTheNodeCanGive() throws IOException {
    JsonNode process = container(spec(), true).path("process");
    assertThat(process.path("capabilities").path("bounding").toString())
        .isEqualTo("[\"CAP_CHOWN\",\"CAP_KILL\"]");
    assertThat(process.path("oomScoreAdj").asInt()).isEqualTo(-5);
    assertThat(process.path("rlimits").toString())
        .contains("\"hard\":18446744073709551615")
        .contains("\"soft\":1024");
    assertThat(new ObjectMapper().readTree(SPECS.process(spec().process()))).isEqualTo(process);
  }

  @Test
  void nodeWithTheCapabilityLowersTheOomScore() throws IOException {
    RuntimeSpec able =
        new RuntimeSpec(
            new RuntimeSpec.Node(
                Path.of("/r"), Capability.mask(List.of(Capability.CAP_SYS_RESOURCE)), 0));
    JsonNode process = new ObjectMapper().readTree(able.process(spec().process()));
    assertThat(process.path("oomScoreAdj").asInt()).isEqualTo(-998);
  }

  @Test
  void limitsAreTheDaemonsAndDeviceRulesAreRepeated() throws IOException {
    JsonNode entering = container(spec(), true).path("linux");
    assertThat(entering.path("cgroupsPath").asText()).isEqualTo("/jukung/c");
    assertThat(entering.path("resources").toString())
        .isEqualTo("{\"devices\":[{\"allow\":true,\"type\":\"a\",\"access\":\"rwm\"}]}");
    assertThat(container(spec(), false).path("linux").has("resources")).isFalse();
  }

  @Test
  void hooksAfterTheStartAndTheEndAreLeftToTheDaemon() throws IOException {
    Hooks.Hook hook = new Hooks.Hook("/h", List.of("h"), List.of(), null);
    List<Hooks.Hook> one = List.of(hook);
    Spec plain = spec();
    Spec hooked =
        new Spec(
            plain.ociVersion(),
            plain.process(),
            plain.root(),
            null,
            List.of(),
            Map.of(),
            plain.linux(),
            new Hooks(one, one, one, one, one, one));
    assertThat(container(hooked, true).path("hooks").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "prestart", "createRuntime", "createContainer", "startContainer");
  }

  @Test
  void cgroupMountHasTheTypeThatRuntimesKnow() throws IOException {
    Spec.Mount mount = new Spec.Mount("/sys/fs/cgroup", "cgroup2", "cgroup", List.of("ro"));
    assertThat(container(spec(mount), true).path("mounts").path(0).path("type").asText())
        .isEqualTo("cgroup");
  }

  /** runc 1.1 refuses every flag, also that of the default profile. */
  @Test
  void flagOfTheDefaultSeccompProfileIsLeftOut() throws IOException {
    String allow = "SECCOMP_FILTER_FLAG_SPEC_ALLOW";
    String log = "SECCOMP_FILTER_FLAG_LOG";
    assertThat(container(spec(List.of(allow)), true).path("linux").path("seccomp").has("flags"))
        .isFalse();
    assertThat(
            container(spec(List.of(allow, log)), true)
                .path("linux")
                .path("seccomp")
                .path("flags")
                .toString())
        .isEqualTo("[\"" + log + "\"]");
  }

  @Test
  void imageVolumesAreBoundFromWhereTheLaunchMountsThem() throws IOException {
    Spec.Mount first =
        new Spec.Mount("/i", "overlay", "sha256:1", List.of("ro", "nodev", "lowerdir+=/l"));
    Spec.Mount second =
        new Spec.Mount(
            "/j", "overlay", "sha256:2", List.of("ro", "lowerdir+=/m", "X-mount.subdir=part"));
    Spec spec = spec(first, bind("rw", "rprivate"), second);
    assertThatCode(() -> RuntimeSpec.check("x", true, spec)).doesNotThrowAnyException();
    JsonNode mounts = container(spec, true).path("mounts");
    assertThat(mounts.path(0).toString())
        .isEqualTo(
            "{\"destination\":\"/i\",\"type\":\"bind\",\"source\":\"/bundle/volumes/0\","
                + "\"options\":[\"rbind\",\"rprivate\",\"ro\",\"nodev\"]}");
    assertThat(mounts.path(1).path("source").asText()).isEqualTo("/v");
    assertThat(mounts.path(2).path("source").asText()).isEqualTo("/bundle/volumes/1");
    assertThat(mounts.path(2).path("options").toString())
        .isEqualTo("[\"rbind\",\"rprivate\",\"ro\"]");
  }

  @Test
  void whatARuntimeCannotDoIsRefused() {
    assertThatCode(() -> RuntimeSpec.check("x", true, spec(bind("rro", "rprivate"))))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> RuntimeSpec.check("x", false, spec(bind("rro", "rprivate"))))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("recursive_read_only of /v");
    assertThatThrownBy(() -> RuntimeSpec.check("x", true, spec(bind("rw", "rshared"))))
        .hasMessageContaining("propagation of /v");
    assertThatThrownBy(
            () ->
                RuntimeSpec.check("x", true, spec(new Spec.Mount("/i", "erofs", "/l", List.of()))))
        .hasMessageContaining("erofs on /i");
    assertThatThrownBy(
            () -> RuntimeSpec.check("x", true, spec(bind("X-mount.subdir=part", "rprivate"))))
        .hasMessageContaining("options.parts of /v");
  }
}
