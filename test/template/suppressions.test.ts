import { describe, expect, it } from 'vitest';
import { suppressionsOf } from '../../src/template/metadata.js';
import { acceleratorTree, hasAccelerator, treeOf } from './trees.js';

const text = `Resources:
  # checkov:skip=CKV_AWS_1: stands before the resource
  Handler: # checkov:skip=CKV_AWS_2: behind the key
    Type: AWS::Lambda::Function
    Metadata:
      checkov:
        skip:
          - {id: CKV_AWS_3, comment: from metadata}
      cfn_nag:
        rules_to_suppress:
          - id: W89
            reason: "no VPC"
          - id: W92
      cfn-nag:
        rules_to_suppress: [{id: W1}]
      guard:
        SuppressedRules: [LAMBDA_DLQ_CHECK, {id: LAMBDA_INSIDE_VPC}]
    # checkov:skip=CKV_AWS_116: "DLQ not required"
    #checkov:skip=CKV_AWS_117,CKV_AWS_115:both
    # bridgecrew:skip=BC_AWS_1:old name cortex:skip=CKV_AWS_9
    # checkov:skip=CKV_AWS_173: ""quoted oddly"
    Properties:
      Code: x # checkov:skip=CKV_AWS_4
      Description: "# checkov:skip=CKV_AWS_5: no comment"
      # checkov:skip=CKV_AWS_6: at the end
  # checkov:skip=CKV_AWS_7: of the next
  Other:
    Type: AWS::Lambda::Function
# checkov:skip=CKV_AWS_8: of the file
`;

describe('suppressions of a resource', () => {
  const { root } = treeOf({ 'template.yaml': text });
  const found = suppressionsOf(root, 'Handler');

  it('finds comments from the key to the last line, with their reasons', () => {
    const comments = found.filter(({ place }) => place.kind === 'comment');
    expect(comments.map(({ tool, id, reason, line }) => [tool, id, reason, line])).toEqual([
      ['checkov', 'CKV_AWS_2', 'behind the key', 3],
      ['checkov', 'CKV_AWS_116', 'DLQ not required', 18],
      ['checkov', 'CKV_AWS_117', 'both', 19],
      ['checkov', 'CKV_AWS_115', 'both', 19],
      ['checkov', 'BC_AWS_1', 'old name', 20],
      ['checkov', 'CKV_AWS_9', undefined, 20],
      ['checkov', 'CKV_AWS_173', 'quoted oddly', 21],
      ['checkov', 'CKV_AWS_4', undefined, 23],
      ['checkov', 'CKV_AWS_6', 'at the end', 25],
    ]);
  });

  it('gives the whole comment as the place', () => {
    const [, second] = found;
    const span = second?.place.kind === 'comment' ? second.place.span : { start: 0, end: 0 };
    expect(text.slice(span.start, span.end)).toBe('# checkov:skip=CKV_AWS_116: "DLQ not required"');
  });

  it('finds metadata of the three tools', () => {
    const items = found.filter(({ place }) => place.kind === 'metadata');
    expect(items.map(({ tool, id, reason, line }) => [tool, id, reason, line])).toEqual([
      ['checkov', 'CKV_AWS_3', 'from metadata', 8],
      ['cfn_nag', 'W89', 'no VPC', 11],
      ['cfn_nag', 'W92', undefined, 13],
      ['guard', 'LAMBDA_DLQ_CHECK', undefined, 17],
      ['guard', 'LAMBDA_INSIDE_VPC', undefined, 17],
    ]);
    expect(items[1]?.place).toEqual({
      kind: 'metadata',
      path: ['Metadata', 'cfn_nag', 'rules_to_suppress'],
      item: { id: 'W89', reason: 'no VPC' },
    });
  });

  it('reads its own marks like those of the others', () => {
    const own = `Resources:
  A:
    Type: AWS::Logs::LogGroup
    Metadata: {idp-fix: {skip: [{id: log-retention, reason: short-lived}]}}
    # idp-fix:skip=log-group-encryption,log-retention: holds nothing, for now
`;
    const marks = suppressionsOf(treeOf({ 'template.yaml': own }).root, 'A');
    expect(marks.map(({ tool, id, reason }) => [tool, id, reason])).toEqual([
      ['idp-fix', 'log-group-encryption', 'holds nothing, for now'],
      ['idp-fix', 'log-retention', 'holds nothing, for now'],
      ['idp-fix', 'log-retention', 'short-lived'],
    ]);
  });

  it('passes over long rulers of hashes', () => {
    const ruled = `Resources:
  A:
    Type: AWS::Logs::LogGroup
    ${'#'.repeat(200)}
    # checkov:skip=CKV_AWS_158: below the ruler
Outputs: {}
    ${'#'.repeat(200)}
`;
    expect(suppressionsOf(treeOf({ 'template.yaml': ruled }).root, 'A').map(({ id }) => id)).toEqual([
      'CKV_AWS_158',
    ]);
  });

  it('leaves the comments of other resources to them', () => {
    expect(suppressionsOf(root, 'Other')).toEqual([]);
    expect(suppressionsOf(root, 'Missing')).toEqual([]);
  });

  it('reads JSON, which has metadata only', () => {
    const json = JSON.stringify({
      Resources: {
        A: { Type: 'AWS::Logs::LogGroup', Metadata: { checkov: { skip: [{ id: 'CKV_AWS_158' }] } } },
      },
    });
    expect(suppressionsOf(treeOf({ 'template.json': json }).root, 'A')).toMatchObject([
      { id: 'CKV_AWS_158', line: 1 },
    ]);
  });
});

describe.skipIf(!hasAccelerator)('the accelerator (passed over: ../shared is not there)', () => {
  it('suppresses what its inventory counts', () => {
    const counts = new Map<string, number>();
    for (const stack of acceleratorTree().stacks) {
      for (const logicalId of stack.template.resources.keys()) {
        for (const { id } of suppressionsOf(stack, logicalId)) counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }
    const ids = [
      'CKV_AWS_115',
      'CKV_AWS_116',
      'CKV_AWS_117',
      'CKV_AWS_173',
      'CKV_AWS_158',
      'W89',
      'W92',
      'W57',
    ];
    expect(ids.map((id) => counts.get(id))).toEqual([45, 41, 45, 41, 1, 45, 45, undefined]);
  });
});
