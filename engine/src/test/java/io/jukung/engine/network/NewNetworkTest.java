package io.jukung.engine.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.client.v1.CreateNetworkRequest;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NewNetworkTest {
  private static CreateNetworkRequest request(String body) {
    return NewNetwork.request(Json.parse(body.replace('\'', '"')));
  }

  @Test
  void everyFieldOfTheRequestReachesTheDaemon() {
    CreateNetworkRequest request =
        request(
            "{'Name':'n','Driver':'bridge','CheckDuplicate':true,'Scope':'local','Internal':true,"
                + "'EnableIPv4':true,'EnableIPv6':true,'Options':{'a':'b'},'Labels':{'c':'d'},"
                + "'IPAM':{'Driver':'default','Config':[{'Subnet':'10.9.0.0/24',"
                + "'IPRange':'10.9.0.128/25','Gateway':'10.9.0.1'},{}]}}");
    assertThat(request.getName()).isEqualTo("n");
    assertThat(request.getInternal()).isTrue();
    assertThat(request.getIpv6()).isTrue();
    assertThat(request.getOptionsMap()).containsEntry("a", "b");
    assertThat(request.getLabelsMap()).containsEntry("c", "d");
    assertThat(request.getRangesList()).hasSize(1);
    assertThat(request.getRanges(0).getSubnet()).isEqualTo("10.9.0.0/24");
    assertThat(request.getRanges(0).getIpRange()).isEqualTo("10.9.0.128/25");
    assertThat(request.getRanges(0).getGateway()).isEqualTo("10.9.0.1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'Name':'n','Attachable':true,'Ingress':true}|the request.Ingress",
        "{'Name':'n','Scope':'swarm'}|Scope swarm",
        "{'Name':'n','EnableIPv4':false}|EnableIPv4",
        "{'Name':'n','ConfigFrom':{'Network':'x'}}|the request.ConfigFrom",
        "{'Name':'n','IPAM':{'Driver':'x'}}|IPAM.Driver x",
        "{'Name':'n','IPAM':{'Options':{'a':'b'}}}|the request.IPAM.Options",
        "{'Name':'n','IPAM':{'Config':[{'AuxiliaryAddresses':{'a':'10.0.0.1'}}]}}|"
            + "the request.IPAM.Config.AuxiliaryAddresses",
      })
  void fieldThatIsNotCarriedOutIsNamed(String body, String field) {
    assertThatThrownBy(() -> request(body))
        .isInstanceOfSatisfying(HttpError.class, e -> assertThat(e.status()).isEqualTo(501))
        .hasMessageStartingWith(field);
  }
}
