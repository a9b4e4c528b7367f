package io.jukung.runtime.network.cni;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.runtime.Fuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Results of plugins, network configurations and records of attachments that nobody meant. */
@Timeout(120)
class CniFuzzTest {
  private static final String LIST =
      """
      {"cniVersion":"1.0.0","cniVersions":["0.4.0","1.1.0"],"name":"net","disableCheck":true,
       "plugins":[{"type":"bridge","bridge":"cni0","capabilities":{"portMappings":true},
       "ipam":{"type":"host-local","ranges":[[{"subnet":"10.1.0.0/16"}]]}},{"type":"portmap"}]}""";

  @TempDir Path directory;

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void resultsAreReadConvertedOrRefused() throws Exception {
    byte[] current =
        bytes(
            """
            {"cniVersion":"1.0.0","interfaces":[{"name":"cni0","mac":"a"},{"name":"eth0",
            "sandbox":"/run/ns"}],"ips":[{"address":"10.1.0.5/16","gateway":"10.1.0.1","interface":1},
            {"address":"fd00::5/64","interface":1}],"routes":[{"dst":"0.0.0.0/0"}],"dns":{}}""");
    byte[] old =
        bytes(
            """
            {"cniVersion":"0.2.0","ip4":{"ip":"10.1.0.5/16","gateway":"10.1.0.1",
            "routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1"}]},"ip6":{"ip":"fd00::5/64"}}""");
    Fuzz.run(
        List.of(current),
        input -> {
          CniResult result = CniResult.parse(input, CniVersion.V1_0_0);
          result.podAddresses("eth0");
          result.podInterfaces();
          for (CniVersion version : List.of(CniVersion.V0_4_0, CniVersion.V1_0_0)) {
            result.as(version).podAddresses("eth0");
          }
        },
        IOException.class);
    Fuzz.run(
        List.of(old),
        input -> {
          CniResult result = CniResult.parse(input, CniVersion.V0_2_0);
          result.podAddresses("eth0");
          result.podInterfaces();
        },
        IOException.class);
  }

  @Test
  void configurationListsAreReadOrRefused() throws Exception {
    Fuzz.run(
        List.of(bytes(LIST)),
        input -> NetworkConfiguration.parseList(input, name -> List.of()).toJson(),
        IOException.class);
  }

  @Test
  void singleConfigurationsAreReadOrRefused() throws Exception {
    Fuzz.run(
        List.of(bytes("{\"cniVersion\":\"0.3.1\",\"name\":\"net\",\"type\":\"loopback\"}")),
        input -> NetworkConfiguration.parseSingle(input).toJson(),
        IOException.class);
  }

  @Test
  void directoryReportsConfigurationsThatItCannotRead() throws Exception {
    Path file = directory.resolve("10-net.conflist");
    Fuzz.run(
        500,
        List.of(bytes(LIST)),
        input -> {
          Files.write(file, input);
          NetworkConfigurationDirectory.Contents contents =
              new NetworkConfigurationDirectory(directory).contents();
          if (!contents.problems().isEmpty()) {
            throw new IOException(String.join("; ", contents.problems()));
          }
        },
        IOException.class);
  }

  @Test
  void recordsOfAttachmentsAreReadOrRefused() throws Exception {
    String record =
        """
        {"kind":"cniCacheV1","containerId":"c1","netns":"/run/ns","ifName":"eth0",
        "networkName":"net","cniArgs":[["K8S_POD_NAME","p"]],"capabilityArgs":{"dns":{}},
        "result":{"cniVersion":"1.0.0"},"config":"%s"}"""
            .formatted(Base64.getEncoder().encodeToString(bytes(LIST)));
    Fuzz.run(List.of(bytes(record)), AttachmentRecord::parse, IOException.class);
  }
}
