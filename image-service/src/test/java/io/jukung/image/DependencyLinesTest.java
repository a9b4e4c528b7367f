package io.jukung.image;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Classes about images know nothing of pods, protocol types are used in one package only, and no
 * packages depend on each other in a circle.
 */
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
          .resideInAnyPackage("io.jukung.cri.v1..", "io.jukung.client.v1..", "io.grpc..");

  @ArchTest
  static final ArchRule PACKAGES_HAVE_NO_CYCLES =
      slices().matching("io.jukung.image.(**)").should().beFreeOfCycles();
}
