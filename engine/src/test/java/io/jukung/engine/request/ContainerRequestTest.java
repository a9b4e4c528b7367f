package io.jukung.engine.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.v1.CDIDevice;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.MountPropagation;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.Protocol;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerRequestTest {
  private static final String IMAGE =
      "{'Cmd':['sh'],'Entrypoint':['/entry'],'Env':['PATH=/bin'],'User':'web:staff','Labels':{'i':'1'},"
          + "'ExposedPorts':{'80/tcp':{}}}";

  private static ContainerRequest request(String body) {
    return new ContainerRequest(
        new PodPlace("web", "uid", Path.of("/logs")),
        Json.parse(body.replace('\'', '"')),
        (ObjectNode) Json.parse(IMAGE.replace('\'', '"')),
        new OtherContainers(ContainerRequestTest::other));
  }

  /** The only other container, whose name is db. */
  private static ContainerStatus other(String name) {
    if (!name.equals("db")) {
      throw HttpError.notFound("No such container: " + name);
    }
    return ContainerStatus.newBuilder()
        .setId("id-of-db")
        .addMounts(Mount.newBuilder().setHostPath("/host").setContainerPath("/bind"))
        .addMounts(Mount.newBuilder().setHostPath("/volumes/v/_data").setContainerPath("/data"))
        .putAnnotations(
            "io.jukung.options", "{\"parts\":[{\"target\":\"/data\",\"path\":\"logs\"}]}")
        .build();
  }

  private static JsonNode options(ContainerConfig container) {
    return Json.parse(container.getAnnotationsOrDefault("io.jukung.options", "{}"));
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
            new PodPlace("web", "uid", Path.of("/logs")),
            Json.parse(body.replace('\'', '"')),
            (ObjectNode) Json.parse(image.replace('\'', '"')),
            new OtherContainers(ContainerRequestTest::other))
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
        "{'Image':'x','HostConfig':{'Links':['a']}}|HostConfig.Links in the network bridge",
        "{'Image':'x','HostConfig':{'IpcMode':'none'}}|HostConfig.IpcMode none",
        "{'Image':'x','HostConfig':{'CgroupnsMode':'host'}}|HostConfig.CgroupnsMode host",
        "{'Image':'x','HostConfig':{'StorageOpt':{'pool':'a'}}}|HostConfig.StorageOpt.pool",
        "{'Image':'x','HostConfig':{'DeviceRequests':[{'Driver':'amd'}]}}"
            + "|HostConfig.DeviceRequests.Driver amd",
        "{'Image':'x','HostConfig':{'DeviceRequests':[{'Count':1,'Capabilities':[['tpu']]}]}}"
            + "|HostConfig.DeviceRequests.Capabilities tpu",
        "{'Image':'x','HostConfig':{'DeviceRequests':[{'Count':1,'Options':{'a':'b'}}]}}"
            + "|HostConfig.DeviceRequests.Options",
        "{'Image':'x','HostConfig':{'Mounts':[{'Type':'bind','Source':'/','Target':'/t',"
            + "'BindOptions':{'NonRecursive':true}}]}}|HostConfig.Mounts.BindOptions.NonRecursive",
        "{'Image':'x','HostConfig':{'OomKillDisable':true}}|HostConfig.OomKillDisable",
        "{'Image':'x','HostConfig':{'BlkioWeight':10}}|HostConfig.BlkioWeight",
        "{'Image':'x','HostConfig':{'UTSMode':'host'}}|HostConfig.UTSMode host",
        "{'Image':'x','HostConfig':{'LogConfig':{'Type':'syslog'}}}|HostConfig.LogConfig.Type"
            + " syslog",
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

  @Test
  void namespacesOfOtherContainersAreJoinedByTheirIds() {
    ContainerConfig container =
        container("{'Image':'x','HostConfig':{'PidMode':'container:db','IpcMode':'container:db'}}");
    var namespaces = container.getLinux().getSecurityContext().getNamespaceOptions();
    assertThat(namespaces.getPid()).isEqualTo(NamespaceMode.TARGET);
    assertThat(namespaces.getTargetId()).isEqualTo("id-of-db");
    assertThat(options(container).path("ipcOf").asText()).isEqualTo("id-of-db");
    PodSandboxConfig pod = pod("{'Image':'x','HostConfig':{'PidMode':'container:db'}}");
    assertThat(pod.getLinux().getSecurityContext().getNamespaceOptions().getPid())
        .isEqualTo(NamespaceMode.CONTAINER);
    assertThatThrownBy(() -> container("{'Image':'x','HostConfig':{'PidMode':'container:none'}}"))
        .hasMessage("No such container: none");
  }

  @Test
  void networkOfAnotherContainerLeavesThePodWithout() {
    String body = "{'Image':'x','HostConfig':{'NetworkMode':'container:db'%s}%s}";
    assertThat(networks(body.formatted("", "")).toString()).contains("\"network\":\"none-id\"");
    assertThat(options(container(body.formatted("", ""))).path("networkOf").asText())
        .isEqualTo("id-of-db");
    for (String own :
        List.of(
            "'PortBindings':{'80/tcp':[{'HostPort':'8080'}]}",
            "'ExtraHosts':['a:127.0.0.1']",
            "'Dns':['127.0.0.1']")) {
      assertThatThrownBy(() -> pod(body.formatted("," + own, "")))
          .hasMessageStartingWith("conflicting options: ");
    }
    assertThatThrownBy(() -> pod(body.formatted("", ",'Hostname':'h'")))
        .hasMessage("conflicting options: hostname and the network mode");
  }

  @Test
  void mountsOfOtherContainersAreTakenExceptWhereTheRequestHasItsOwn() {
    ContainerRequest request =
        request(
            "{'Image':'x','Volumes':{'/data':{},'/more':{}},'HostConfig':{'VolumesFrom':['db:ro'],"
                + "'Binds':['/own:/bind']}}");
    ContainerConfig container = request.container("sha256:1").build();
    assertThat(container.getMountsList())
        .containsExactly(
            Mount.newBuilder()
                .setHostPath("/volumes/v/_data")
                .setContainerPath("/data")
                .setReadonly(true)
                .build(),
            Mount.newBuilder().setHostPath("/own").setContainerPath("/bind").build());
    assertThat(options(container).toString())
        .isEqualTo(
            "{\"withoutCopy\":[\"/data\"],\"parts\":[{\"target\":\"/data\",\"path\":\"logs\"}]}");
    assertThat(request.bindings()).extracting(Binding::target).containsExactly("/bind", "/more");
    assertThatThrownBy(() -> request("{'Image':'x','HostConfig':{'VolumesFrom':['db:z']}}"))
        .hasMessage("invalid HostConfig.VolumesFrom \"db:z\": it is not CONTAINER[:ro|rw]");
  }

  @Test
  void devicesOfTheContainerDeviceInterfaceAreNamed() {
    ContainerConfig container =
        container(
            "{'Image':'x','HostConfig':{'DeviceRequests':["
                + "{'Driver':'cdi','DeviceIDs':['vendor.com/net=a']},"
                + "{'Driver':'','Count':2,'DeviceIDs':null,'Capabilities':[['gpu']],'Options':{}},"
                + "{'Driver':'nvidia','DeviceIDs':['7'],'Capabilities':[['gpu','utility']]},"
                + "{'Count':-1,'Capabilities':[['gpu']]}]}}");
    assertThat(container.getCDIDevicesList())
        .extracting(CDIDevice::getName)
        .containsExactly(
            "vendor.com/net=a",
            "nvidia.com/gpu=0",
            "nvidia.com/gpu=1",
            "nvidia.com/gpu=7",
            "nvidia.com/gpu=all");
    assertThatThrownBy(
            () ->
                container(
                    "{'Image':'x','HostConfig':{'DeviceRequests':[{'Count':1,'DeviceIDs':['a']}]}}"))
        .hasMessage("cannot set both Count and DeviceIDs on device request");
  }

  @Test
  void placeInMemoryPressureCgroupAndLayerAreAskedFor() {
    String body =
        "{'Image':'x','HostConfig':{'OomScoreAdj':-5,'CgroupParent':'/mine',"
            + "'StorageOpt':{'size':'1.5G'},'Annotations':{'a.b/c':'d'}}}";
    ContainerRequest request = request(body);
    assertThat(request.pod(_ -> "").getLinux().getCgroupParent()).isEqualTo("/mine");
    ContainerConfig container = request.container("sha256:1").build();
    assertThat(container.getLinux().getResources().getOomScoreAdj()).isEqualTo(-5);
    assertThat(options(container).path("writableLayerBytes").asLong()).isEqualTo(3L << 29);
    assertThat(container.getAnnotationsMap()).containsEntry("a.b/c", "d");
    assertThatThrownBy(() -> container("{'Image':'x','HostConfig':{'OomScoreAdj':1001}}"))
        .hasMessageStartingWith("Invalid value 1001");
    assertThatThrownBy(
            () -> container("{'Image':'x','HostConfig':{'Annotations':{'io.jukung.docker':'{}'}}}"))
        .hasMessage("invalid HostConfig.Annotations: \"io.jukung.docker\" is reserved");
    assertThatThrownBy(
            () -> container("{'Image':'x','HostConfig':{'StorageOpt':{'size':'large'}}}"))
        .hasMessage("invalid HostConfig.StorageOpt.size: large");
  }

  @Test
  void securityOptionsAreReadInBothSpellings() {
    var security =
        container(
                "{'Image':'x','HostConfig':{'SecurityOpt':['label=type:a_t','label:level:s0:c1,c2',"
                    + "'no-new-privileges:true','apparmor:mine']}}")
            .getLinux()
            .getSecurityContext();
    assertThat(security.getSelinuxOptions().getType()).isEqualTo("a_t");
    assertThat(security.getSelinuxOptions().getLevel()).isEqualTo("s0:c1,c2");
    assertThat(security.getNoNewPrivs()).isTrue();
    assertThat(security.getApparmor().getLocalhostRef()).isEqualTo("mine");
    security =
        container("{'Image':'x','HostConfig':{'SecurityOpt':['label=disable']}}")
            .getLinux()
            .getSecurityContext();
    assertThat(security.getSelinuxOptions().getType()).isEqualTo("spc_t");
    for (String wrong : List.of("label=type", "label=color:red", "no-new-privileges=maybe")) {
      assertThatThrownBy(
              () -> container("{'Image':'x','HostConfig':{'SecurityOpt':['%s']}}".formatted(wrong)))
          .hasMessage("invalid HostConfig.SecurityOpt: " + wrong);
    }
  }

  @Test
  void textOfASeccompProfileIsForAFileBesideTheLog() {
    ContainerRequest request = request("{'Image':'x','HostConfig':{'SecurityOpt':['seccomp={}']}}");
    assertThat(request.seccompProfile()).contains("{}");
    var security = request.container("sha256:1").getLinux().getSecurityContext();
    assertThat(security.getSeccomp().getLocalhostRef()).isEqualTo("/logs/web_uid/web.log.seccomp");
    assertThat(request("{'Image':'x'}").seccompProfile()).isEmpty();
    assertThat(
            request("{'Image':'x','HostConfig':{'SecurityOpt':['seccomp=unconfined']}}")
                .seccompProfile())
        .isEmpty();
  }

  @Test
  void linksOfTheOlderFieldAreThoseOfTheFirstNetworkOfAUser() {
    JsonNode networks =
        networks("{'Image':'x','HostConfig':{'NetworkMode':'mine','Links':['db:d','web']}}");
    assertThat(networks.get(0).path("links").path("d").asText()).isEqualTo("db");
    assertThat(networks.get(0).path("links").path("web").asText()).isEqualTo("web");
  }

  @Test
  void hostGatewayOfTheHostsNetworkIsItsLoopback() {
    PodSandboxConfig pod =
        pod(
            "{'Image':'x','HostConfig':{'NetworkMode':'host','UTSMode':'host',"
                + "'ExtraHosts':['up:host-gateway']}}");
    assertThat(pod.getAnnotationsOrThrow("io.jukung.options"))
        .isEqualTo("{\"hosts\":[{\"address\":\"127.0.0.1\",\"name\":\"up\"}]}");
  }

  @Test
  void partsOfVolumesAndImagesAreMounted() {
    ContainerRequest request =
        request(
            "{'Image':'x','HostConfig':{'Mounts':["
                + "{'Type':'volume','Source':'v','Target':'/v','VolumeOptions':{'Subpath':'a/b/'}},"
                + "{'Type':'image','Source':'i','Target':'/i','ImageOptions':{'Subpath':'c'}}]}}");
    assertThat(request.bindings().get(0).part()).isEqualTo("a/b");
    assertThat(request.bindings().get(1).kind()).isEqualTo(Binding.Kind.IMAGE);
    assertThat(request.bindings().get(1).part()).isEqualTo("c");
    assertThat(options(request.container("sha256:1").build()).toString())
        .isEqualTo("{\"parts\":[{\"target\":\"/v\",\"path\":\"a/b\"}],\"withoutCopy\":[\"/v\"]}");
    assertThatThrownBy(
            () ->
                request(
                    "{'Image':'x','HostConfig':{'Mounts':[{'Type':'volume','Source':'v',"
                        + "'Target':'/v','VolumeOptions':{'Subpath':'../x'}}]}}"))
        .hasMessage("invalid mount config: Subpath \"../x\" is not a path in the source");
  }

  @Test
  void optionsOfBindsThatAreAboutOtherSystemsChangeNothing() {
    var bindings =
        request("{'Image':'x','HostConfig':{'Binds':['/a:/a:cached','/b:/b:Z,slave']}}").bindings();
    assertThat(bindings.get(0).relabel()).isFalse();
    assertThat(bindings.get(1).relabel()).isTrue();
    assertThat(bindings.get(1).propagation())
        .isEqualTo(MountPropagation.PROPAGATION_HOST_TO_CONTAINER);
  }
}
