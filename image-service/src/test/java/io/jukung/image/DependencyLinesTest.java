package io.jukung.image;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Images know nothing of pods, and the calls stop at one package. */
@AnalyzeClasses(packages = "io.jukung.image", importOptions = ImportOption.DoNotIncludeTests.class)
class DependencyLinesTest {
  @ArchTest
  static final ArchRule IMAGES_KNOW_NO_PODS =
      noClasses()
          .that()
          .resideInAPackage("io.jukung.image..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.jukung.runtime..", "io.jukung.shim..", "com.kenai.jffi..");

  @ArchTest
  static final ArchRule PROTOCOL_TYPES_STOP_AT_THE_EDGE =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.jukung.image.service..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.jukung.cri.v1..", "io.jukung.v1..", "io.grpc..");
}
