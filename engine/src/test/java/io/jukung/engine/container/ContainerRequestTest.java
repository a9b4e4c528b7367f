package io.jukung.engine.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.Protocol;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerRequestTest {
  private static final String IMAGE =
      "{'Cmd':['sh'],'Entrypoint':['/entry'],'Env':['PATH=/bin'],'User':'web:staff','Labels':{'i':'1'},"
          + "'ExposedPorts':{'80/tcp':{}}}";

  private static ContainerRequest request(String body) {
    return new ContainerRequest(
        "web",
        "uid",
        Path.of("/logs"),
        Json.parse(body.replace('\'', '"')),
        (ObjectNode) Json.parse(IMAGE.replace('\'', '"')));
  }

  private static ContainerConfig container(String body) {
    return request(body).container("sha256:1").build();
  }

  private static PodSandboxConfig pod(String body) {
    return request(body).pod(network -> network + "-id");
  }

  @Test
  void imageSaysWhatTheRequestDoesNot() {
    ContainerConfig container = container("{'Image':'x'}");
    assertThat(container.getCommandList()).containsExactly("/entry");
    assertThat(container.getArgsList()).containsExactly("sh");
    assertThat(container.getLabelsMap())
        .containsEntry("i", "1")
        .containsEntry("io.jukung.run", "web");
  }

  @Test
  void healthCheckOfTheImageIsUsedFieldByField() {
    String image =
        "{'Cmd':['sh'],'Shell':['/bin/ash','-c'],'Healthcheck':{'Test':['CMD-SHELL','a'],"
            + "'Interval':5000000000}}";
    assertThat(health(image, "{'Image':'x'}"))
        .contains("\"command\":[\"/bin/ash\",\"-c\",\"a\"]", "\"interval\":5000000000");
    assertThat(health(image, "{'Image':'x','Healthcheck':{'Interval':7000000000}}"))
        .contains("\"command\":[\"/bin/ash\",\"-c\",\"a\"]", "\"interval\":7000000000");
    assertThat(health(image, "{'Image':'x','Healthcheck':{'Test':['NONE']}}")).isEmpty();
  }

  private static String health(String image, String body) {
    return new ContainerRequest(
            "web",
            "uid",
            Path.of("/logs"),
            Json.parse(body.replace('\'', '"')),
            (ObjectNode) Json.parse(image.replace('\'', '"')))
        .container("sha256:1")
        .build()
        .getAnnotationsOrDefault("io.jukung.options", "");
  }

  @Test
  void userOfTheImageIsTheDaemonsToFind() {
    var security = container("{'Image':'x'}").getLinux().getSecurityContext();
    assertThat(security.hasRunAsUser()).isFalse();
    assertThat(security.getRunAsUsername()).isEmpty();
    security = container("{'Image':'x','User':'8:9'}").getLinux().getSecurityContext();
    assertThat(security.getRunAsUser().getValue()).isEqualTo(8);
    assertThat(security.getRunAsGroup().getValue()).isEqualTo(9);
  }

  @Test
  void entrypointOfTheRequestTakesTheImagesCommandAway() {
    ContainerConfig container = container("{'Image':'x','Entrypoint':['/mine']}");
    assertThat(container.getCommandList()).containsExactly("/mine");
    assertThat(container.getArgsList()).isEmpty();
  }

  @Test
  void emptyEntrypointClearsThatOfTheImage() {
    ContainerConfig container = container("{'Image':'x','Entrypoint':[''],'Cmd':['echo','a']}");
    assertThat(container.getCommandList()).containsExactly("echo", "a");
    assertThatThrownBy(() -> container("{'Image':'x','Entrypoint':['']}"))
        .hasMessage("no command specified");
  }

  @Test
  void oneTextIsACommandOfOneWord() {
    ContainerConfig container = container("{'Image':'x','Cmd':'ls'}");
    assertThat(container.getCommandList()).containsExactly("/entry");
    assertThat(container.getArgsList()).containsExactly("ls");
    assertThat(container("{'Image':'x','Entrypoint':'/mine','Cmd':'ls'}").getCommandList())
        .containsExactly("/mine");
  }

  @Test
  void endpointWithoutOptionsIsTaken() {
    ContainerConfig container =
        container(
            "{'Image':'x','NetworkingConfig':{'EndpointsConfig':{'default':{'IPAMConfig':null,"
                + "'Links':null,'MacAddress':'','GwPriority':0,'IPPrefixLen':0}}}}");
    assertThat(container.getCommandList()).containsExactly("/entry");
  }

  @Test
  void initIsAskedOfTheDaemon() {
    ContainerConfig container = container("{'Image':'x','HostConfig':{'Init':true}}");
    assertThat(container.getAnnotationsOrThrow("io.jukung.options")).isEqualTo("{\"init\":true}");
    container = container("{'Image':'x','HostConfig':{'Init':false}}");
    assertThat(container.getAnnotationsMap()).doesNotContainKey("io.jukung.options");
  }

  private static JsonNode networks(String body) {
    return Json.parse(pod(body).getAnnotationsOrDefault("io.jukung.options", "{}"))
        .path("networks");
  }

  @Test
  void networkOfTheModeIsTheFirstAndGetsItsEndpoint() {
    JsonNode networks =
        networks(
            "{'Image':'x','HostConfig':{'NetworkMode':'mine'},'NetworkingConfig':{"
                + "'EndpointsConfig':{'other':null,'mine':{'Aliases':['a'],'Links':['db:d'],"
                + "'IPAMConfig':{'IPv4Address':'10.9.0.5'},'MacAddress':'02:00:00:00:00:01',"
                + "'IPAddress':'10.9.0.5'}}}}");
    assertThat(networks).hasSize(2);
    assertThat(networks.get(0).toString())
        .isEqualTo(
            "{\"network\":\"mine-id\",\"aliases\":[\"a\"],\"links\":{\"d\":\"db\"},"
                + "\"ip\":\"10.9.0.5\",\"ip6\":\"\",\"mac\":\"02:00:00:00:00:01\"}");
    assertThat(networks.get(1).path("network").asText()).isEqualTo("other-id");
  }

  @Test
  void networkThatIsNamedByNameAndIdIsJoinedOnce() {
    PodSandboxConfig pod =
        request(
                "{'Image':'x','HostConfig':{'NetworkMode':'mine'},'NetworkingConfig':{"
                    + "'EndpointsConfig':{'0123':{'Aliases':['a']}}}}")
            .pod(_ -> "0123");
    assertThat(pod.getAnnotationsOrThrow("io.jukung.options"))
        .containsOnlyOnce("0123")
        .contains("\"aliases\":[\"a\"]");
  }

  @Test
  void usualNetworkIsNotJoinedBesideOthersThatAreNamed() {
    String others =
        "{'Image':'x','HostConfig':{'NetworkMode':'default'},'NetworkingConfig':{"
            + "'EndpointsConfig':{'mine':{}}}}";
    assertThat(networks(others)).hasSize(1);
    assertThat(networks("{'Image':'x'}")).isEmpty();
    JsonNode none = networks("{'Image':'x','HostConfig':{'NetworkMode':'none'}}");
    assertThat(none).hasSize(1);
  }

  @Test
  void hardwareAddressInTheUsualNetworkIsAnAnnotation() {
    PodSandboxConfig pod =
        pod(
            "{'Image':'x','NetworkingConfig':{'EndpointsConfig':{'default':{'MacAddress':"
                + "'02:00:00:00:00:01'}}}}");
    assertThat(pod.getAnnotationsMap()).containsEntry("io.jukung.mac", "02:00:00:00:00:01");
  }

  @Test
  void whatOnlyNetworksOfUsersHaveIsRefusedInOthers() {
    assertThatThrownBy(
            () ->
                pod(
                    "{'Image':'x','NetworkingConfig':{'EndpointsConfig':{'bridge':"
                        + "{'Aliases':['a']}}}}"))
        .hasMessageStartingWith("NetworkingConfig.EndpointsConfig.bridge: Aliases");
  }

  @Test
  void networkThatIsNotThereIsRefused() {
    var request = request("{'Image':'x','NetworkingConfig':{'EndpointsConfig':{'mine':{}}}}");
    assertThatThrownBy(
            () ->
                request.pod(
                    network -> {
                      throw HttpError.notFound("network " + network + " not found");
                    }))
        .hasMessage("network mine not found");
  }

  @Test
  void secretsOfTheEnvironmentAreInNoAnnotation() {
    ContainerConfig container = container("{'Image':'x','Env':['TOKEN=abc']}");
    assertThat(container.getEnvs(0).getValue().toStringUtf8()).isEqualTo("abc");
    assertThat(container.getAnnotationsMap().toString()).doesNotContain("abc");
  }

  @Test
  void portsArePublished() {
    PodSandboxConfig pod =
        pod(
            "{'Image':'x','HostConfig':{'PublishAllPorts':true,"
                + "'PortBindings':{'53/udp':[{'HostIp':'127.0.0.1','HostPort':'5353'}]}}}");
    assertThat(pod.getPortMappingsList()).hasSize(2);
    assertThat(pod.getPortMappings(0).getProtocol()).isEqualTo(Protocol.UDP);
    assertThat(pod.getPortMappings(0).getHostIp()).isEqualTo("127.0.0.1");
    assertThat(pod.getPortMappings(0).getHostPort()).isEqualTo(5353);
    assertThat(pod.getPortMappings(1).getContainerPort()).isEqualTo(80);
    assertThat(pod.getPortMappings(1).getHostPort()).isPositive();
  }

  @Test
  void networkOfTheHostHasNoHostNameOfItsOwn() {
    PodSandboxConfig pod = pod("{'Image':'x','HostConfig':{'NetworkMode':'host'}}");
    assertThat(pod.getLinux().getSecurityContext().getNamespaceOptions().getNetwork())
        .isEqualTo(NamespaceMode.NODE);
    assertThat(pod.getHostname()).isEmpty();
  }

  @Test
  void limitsBecomeControlFiles() {
    var resources =
        container(
                "{'Image':'x','HostConfig':{'NanoCpus':1500000000,'Memory':67108864,"
                    + "'PidsLimit':-1,'MemorySwappiness':-1}}")
            .getLinux()
            .getResources();
    assertThat(resources.getCpuQuota()).isEqualTo(150_000);
    assertThat(resources.getMemoryLimitInBytes()).isEqualTo(64 << 20);
    assertThat(resources.getUnifiedMap()).containsEntry("pids.max", "max");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'Image':'x','HostConfig':{'Links':['a']}}|HostConfig.Links",
        "{'Image':'x','HostConfig':{'VolumesFrom':['a']}}|HostConfig.VolumesFrom",
        "{'Image':'x','HostConfig':{'OomKillDisable':true}}|HostConfig.OomKillDisable",
        "{'Image':'x','HostConfig':{'BlkioWeight':10}}|HostConfig.BlkioWeight",
        "{'Image':'x','HostConfig':{'UTSMode':'host'}}|HostConfig.UTSMode host",
        "{'Image':'x','HostConfig':{'NetworkMode':'container:y'}}|HostConfig.NetworkMode"
            + " container:",
        "{'Image':'x','HostConfig':{'LogConfig':{'Type':'syslog'}}}|HostConfig.LogConfig.Type"
            + " syslog",
        "{'Image':'x','HostConfig':{'Annotations':{'a':'b'}}}|HostConfig.Annotations",
        "{'Image':'x','NetworkingConfig':{'EndpointsConfig':{'mine':{'DriverOpts':{'a':'b'}}}}}|"
            + "NetworkingConfig.EndpointsConfig.mine.DriverOpts",
        "{'Image':'x','NetworkingConfig':{'EndpointsConfig':{'mine':{'GwPriority':1}}}}|"
            + "NetworkingConfig.EndpointsConfig.mine.GwPriority",
        "{'Image':'x','NetworkingConfig':{'EndpointsConfig':{'mine':{'IPAMConfig':"
            + "{'LinkLocalIPs':['169.254.1.1']}}}}}|"
            + "NetworkingConfig.EndpointsConfig.mine.IPAMConfig.LinkLocalIPs",
        "{'Image':'x','NetworkingConfig':{'Nothing':1}}|NetworkingConfig.Nothing",
        "{'Image':'x','NoSuchField':1}|Config.NoSuchField",
        "{'Image':'x','Domainname':'d'}|Config.Domainname",
        "{'Image':'x','Healthcheck':{'Test':['CMD','a'],'Nothing':1}}|Config.Healthcheck.Nothing",
      })
  void fieldThatIsNotCarriedOutIsNamed(String body, String field) {
    assertThatThrownBy(
            () -> {
              var _ = pod(body);
              var _ = container(body);
            })
        .isInstanceOfSatisfying(HttpError.class, e -> assertThat(e.status()).isEqualTo(501))
        .hasMessageStartingWith(field);
  }

  @Test
  void twoMountsAtOnePlaceAreRefused() {
    assertThatThrownBy(() -> request("{'Image':'x','HostConfig':{'Binds':['a:/d','/b:/d/']}}"))
        .hasMessage("Duplicate mount point: /d/");
  }

  @Test
  void bindsAreRead() {
    var bindings =
        request(
                "{'Image':'x','Volumes':{'/v':{}},'HostConfig':{'Binds':['a:/d:ro,nocopy'],"
                    + "'Tmpfs':{'/t':'size=1m,exec'}}}")
            .bindings();
    assertThat(bindings)
        .extracting(Binding::kind)
        .containsExactly(Binding.Kind.VOLUME, Binding.Kind.TMPFS, Binding.Kind.VOLUME);
    assertThat(bindings.get(0).readonly()).isTrue();
    assertThat(bindings.get(0).copy()).isFalse();
    assertThat(bindings.get(1).tmpfs()).containsExactly("nosuid", "nodev", "size=1m", "exec");
    assertThat(bindings.get(2).source()).isEmpty();
  }
}
